#include "props/actors/turns.h"

#include "impl/record.h"

#include "props/watchdog/journal.h"
#include "spec/locks/order.h"

#include <utility>

namespace quire::props {

void Turns::run(const std::function<void()>& command, std::vector<ActorCall> calls) {
  calls_ = std::move(calls);
  next_ = 0;
  acting_ = command_done_ = abandoned_ = false;
  seen_ = {};
  waits_ = {};
  deadlock_.reset();
  error_ = nullptr;
  at_point_.assign(calls_.size(), false);
  contended_ = 0;
  runs_ = Thread::command;
  running_ = true;
  if (!actor_.joinable()) actor_ = std::thread([this] { serve(); });
  const auto finish = [&] {
    impl::this_thread_turns = nullptr;
    command_done_ = true;
    finish_calls();
    running_ = false;
  };
  impl::this_thread_turns = this;
  try {
    command();
  } catch (...) {
    finish();
    throw;
  }
  finish();
  if (error_) std::rethrow_exception(error_);
}

void Turns::finish_calls() {
  while (next_ < calls_.size()) {
    if (!acting_) begin(false);
    hand_over();
  }
}

void Turns::begin(bool at_point) {
  at_point_[next_] = at_point;
  acting_ = true;
  passed_ = 0;
}

Turns::~Turns() {
  if (!actor_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    runs_ = Thread::actor;
  }
  changed_.notify_all();
  actor_.join();
}

void Turns::serve() {
  impl::this_thread_turns = this;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return runs_ == Thread::actor; });
      if (ends_) return;
    }
    act();
    const std::lock_guard lock(mutex_);
    runs_ = Thread::command;
    changed_.notify_all();
  }
}

void Turns::act() {
  while (next_ < calls_.size()) {
    try {
      calls_[next_].call();
    } catch (...) {
      error_ = std::current_exception();
    }
    acting_ = false;
    ++next_;
    if (next_ < calls_.size()) hand_over();
  }
}

void Turns::hand_over() {
  std::unique_lock lock(mutex_);
  const Thread me = runs_;
  runs_ = other(me);
  changed_.notify_all();
  changed_.wait(lock, [&] { return runs_ == me; });
}

void Turns::pass(YieldPoint point) {
  if (!running_) return;
  ++progress_;
  if (abandoned_) return;
  if (runs_ == Thread::actor) {
    if (++passed_ == calls_[next_].pause && !command_done_) hand_over();
    return;
  }
  const std::uint64_t times = seen_[index_of(point)]++;
  // A call that ends here may be followed by the next one, at the same point.
  while (!command_done_ && !acting_ && next_ < calls_.size() && calls_[next_].point == point &&
         calls_[next_].at <= times) {
    begin(true);
    hand_over();
  }
}

void Turns::wait(std::uint64_t rank, std::uint64_t key) {
  const Thread me = runs_;
  const Wait mine{rank, key, progress_};
  contended_ |= std::uint64_t{1} << rank;
  journal_waits_no_longer();  // the other thread runs, and no thread sleeps
  if (abandoned_ || !can_go_on(other(me))) give_up(mine);
  const std::optional<Wait>& theirs = wait_of(other(me));
  // Nothing has moved since the other one tried: neither will get its lock.
  if (theirs && theirs->progress == progress_) give_up(mine);
  wait_of(me) = mine;
  hand_over();
}

void Turns::give_up(const Wait& mine) {
  if (!abandoned_) {
    const auto text = [](const char* who, const Wait& wait) {
      return std::string(who) + " waits for " + spec::lock_name(wait.rank) + " " +
             std::to_string(wait.key);
    };
    const char* const names[] = {"the command", "the actor"};
    const Thread me = runs_;
    std::string waits = text(names[static_cast<std::size_t>(me)], mine);
    const std::optional<Wait>& theirs = wait_of(other(me));
    if (can_go_on(other(me)) && theirs)
      waits += ", " + text(names[static_cast<std::size_t>(other(me))], *theirs);
    deadlock_ = waits;
  }
  abandoned_ = true;
  throw Abandoned();
}

}  // namespace quire::props
