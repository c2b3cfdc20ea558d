// Calls on both sides of a case: for the files of CaseRun alone.
#pragma once

#include "props/peers/case_run.h"
#include "props/peers/nowait_watch.h"
#include "props/watchdog/journal.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace quire::props {

inline PeerCall peer_call(const Command& c) {
  switch (c.action) {
    case Action::fallocate: return PeerCall::fallocate;
    case Action::clone: return PeerCall::clone;
    default: return PeerCall::other;
  }
}

template <class Call>
CaseRun::Outcome CaseRun::limited(Files& files, const Command& c, Call call) {
  journal_side(&files == &peer_.files() ? "peer" : "ref");
  files.take_signal();
  if (c.limit) files.set_limit(c.limit);
  FaultInjector* const faults = &files == &peer_.files() && pending_ ? files.faults() : nullptr;
  if (faults != nullptr) faults->begin(std::exchange(pending_, std::nullopt));
  const std::int64_t answer = call(files);
  if (faults != nullptr) {
    faults->end();
    struck_ = faults->struck() != 0;
  }
  if (c.limit) files.set_limit(std::nullopt);
  if (&files == &peer_.files() && !struck_) {
    const char* const error = answer < 0 ? ::strerrorname_np(static_cast<int>(-answer)) : "done";
    ++answers_[class_of(c) + ": " + (error == nullptr ? "?" : error)];
  }
  return {answer, files.take_signal()};
}

template <class Call>
CaseRun::Outcome CaseRun::transferred(Side& side, const Command& c, Number pos, Call call) {
  if (!is_nowait(c) || total_bytes(c) == 0) return limited(side.files(), c, call);
  NowaitWatch watch(side.files(), side.judge(), c, pos);
  const Outcome outcome = limited(side.files(), c, call);
  if (auto broken = watch.judge_call(outcome.answer)) fail(std::move(*broken));
  if (&side == &peer_ && outcome.answer == -EAGAIN) {
    if (watch.holds())
      ++answers_[fmt::format("{} held: EAGAIN", kHeldLockNames[static_cast<std::size_t>(c.held)])];
    if (c.ticks != 0) ++answers_[class_of(c) + " later: EAGAIN"];
  }
  return outcome;
}

template <class Call>
std::int64_t CaseRun::same_on_both(const Command& c, Call call) {
  const Outcome ours = limited(ref_.files(), c, call);
  Outcome theirs = limited(peer_.files(), c, call);
  if (full_ && theirs.answer == -ENOSPC && ours.answer != -ENOSPC && may_find_no_space(c)) {
    const bool moved = has_moved_alone(c);
    if (!moved) check_untouched(c);
    release();
    const Handle observer{c.file, Handle::kObserver};
    const auto size = static_cast<std::int64_t>(model(c.file).size());
    if (peer_.files().size(c.file) != size) peer_.files().truncate(observer, size);
    theirs = limited(peer_.files(), c, [&](Files& f) -> std::int64_t {
      if (!moved) return call(f);
      return f.truncate(observer, size - static_cast<std::int64_t>(c.length));
    });
  }
  if (ours.answer != theirs.answer) differ("the result", ours.answer, theirs.answer);
  if (ours.signal != theirs.signal) differ("whether SIGXFSZ comes", ours.signal, theirs.signal);
  return ours.answer;
}

}  // namespace quire::props
