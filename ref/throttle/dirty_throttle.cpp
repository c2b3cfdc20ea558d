// The dirty pages of a device: counts, tasks and their quotas.
#include "ref/throttle/dirty_throttle.h"

#include "ref/noted_lock.h"
#include "ref/require.h"
#include "ref/throttle/balance_dirty_pages.h"

#include <algorithm>
#include <utility>

namespace quire::ref {
namespace {

using Number = std::uint64_t;

/// Between two checks all tasks together dirty at most this part of the limit, but at least 16
/// pages.
constexpr Number kUnaskedPart = 32;
constexpr Number kUnaskedMin = 16;

/// Counts stay within 32 bits (BDP-4).
Number count(Number pages) { return std::min(pages, spec::kPageCountMax); }

}  // namespace

class DirtyThrottle::Hooks {
 public:
  explicit Hooks(DirtyThrottle& throttle) : throttle_(throttle) {}

  Number dirty() const {
    return count(count(throttle_.dirty_) + count(throttle_.dirty_elsewhere_));
  }
  Number own_dirty() const { return throttle_.dirty_; }
  Number base_rate() const { return throttle_.base_rate_; }
  Number sleep(Number ms) {
    slept_ = throttle_.surroundings_.sleep(ms);
    return slept_;
  }
  bool fatal_signal() { return throttle_.surroundings_.fatal_signal(); }
  void start_flusher() {
    throttle_.surroundings_.start_flusher();
    flusher_ = 1;
  }
  /// Reports the round, with the sleep and the start of the flusher that really happened.
  void round_ends(spec::ThrottleRound<Number> round) {
    round.slept = std::exchange(slept_, 0);
    round.flusher = std::exchange(flusher_, 0);
    if (throttle_.recorder_ != nullptr) throttle_.recorder_->step(round);
  }

 private:
  DirtyThrottle& throttle_;
  Number slept_ = 0, flusher_ = 0;  ///< in this round
};

DirtyThrottle::DirtyThrottle(
    Number available_pages, Number pages_per_second, ThrottleSurroundings& surroundings,
    spec::Recorder* recorder)
    : surroundings_(surroundings),
      recorder_(recorder),
      marks_(dirty_limits(available_pages)),
      base_rate_(pages_per_second),
      unasked_max_(std::max(marks_.limit / kUnaskedPart, kUnaskedMin)) {
  require(
      pages_per_second != 0 && pages_per_second <= spec::kPageCountMax,
      "the rate of a device is not a number of 32 bits");
  tasks_.emplace(0, Task{.since = surroundings_.now()});
}

bool DirtyThrottle::uses_up_its_quota(Task& task) {
  const Number room = task.quota - std::min(task.pages, task.quota);
  const Number charged = std::min(room, leftovers_);
  spec::QuotaCheck<Number> check{task.pages, task.quota, unasked_, unasked_max_,
                                 leftovers_, 0,          charged,  0};
  leftovers_ -= charged;
  task.pages += charged;
  const bool asks = task.quota <= task.pages || unasked_max_ <= unasked_;
  check.leftovers_after = leftovers_;
  check.asks = asks;
  if (recorder_ != nullptr) recorder_->step(check);
  return asks;
}

int DirtyThrottle::balance(bool nowait) {
  note_wait<spec::Throttle>(recorder_, 0);
  if (recorder_ != nullptr) {
    recorder_->step(spec::DirtyCount<Number>{dirty_, surroundings_.cached_dirty_pages()});
  }
  Task& task = tasks_.at(running_);
  if (!uses_up_its_quota(task)) return 0;

  unasked_ = 0;
  const Number think = std::min(surroundings_.now() - task.since, spec::kThinkMax);
  Hooks hooks(*this);
  const Number answer = balance_dirty_pages<Number>(
      hooks, marks_, count(task.pages), think, Number{nowait}, task.quota);
  if (answer != 0) return static_cast<int>(answer);  // its pages still count
  task.pages = 0;
  task.since = surroundings_.now();
  return 0;
}

void DirtyThrottle::dirtied(Number pages) {
  dirty_ += pages;
  unasked_ += pages;
  tasks_.at(running_).pages += pages;
}

void DirtyThrottle::cleaned(Number pages) {
  require(pages <= dirty_, "more pages are cleaned than were dirty");
  dirty_ -= pages;
}

Number DirtyThrottle::start_task() {
  tasks_.emplace(next_task_, Task{.since = surroundings_.now()});
  return next_task_++;
}

void DirtyThrottle::run_task(Number task) {
  require(tasks_.contains(task), "a task runs that does not exist");
  running_ = task;
}

void DirtyThrottle::end_task(Number task) {
  require(tasks_.contains(task) && task != running_, "a task ends that runs, or does not exist");
  leftovers_ += tasks_.at(task).pages;
  tasks_.erase(task);
}

}  // namespace quire::ref
