// Calls on both sides of a case: for the files of CaseRun alone.
#pragma once

#include "props/peers/case_run.h"

#include <cerrno>
#include <cstring>

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
  files.take_signal();
  if (c.limit) files.set_limit(c.limit);
  const std::int64_t answer = call(files);
  if (c.limit) files.set_limit(std::nullopt);
  if (&files == &peer_.files()) {
    const char* const error = answer < 0 ? ::strerrorname_np(static_cast<int>(-answer)) : "done";
    ++answers_[class_of(c) + ": " + (error == nullptr ? "?" : error)];
  }
  return {answer, files.take_signal()};
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
