// A write loop that a recorder watches, in the recorded build; the loop alone in production.
#pragma once

#include "impl/record.h"

#if defined(QUIRE_RECORDED)
#include "spec/tapped.h"
#endif

#include <cstdint>

namespace quire::impl {

#if defined(QUIRE_RECORDED)
/// Passes on the records of spec::Tapped.
struct RecorderJudge {
  spec::Recorder& recorder;

  void attempt(const spec::Attempt<std::uint64_t>& a) { recorder.attempt(a); }
  void step(const spec::Step& step) { recorder.step(step); }
  void lock_wanted(std::uint64_t rank, std::uint64_t key) { recorder.lock_wanted(rank, key); }
  bool wants_stop() { return recorder.wants_stop(); }
};
#endif

/// Returns loop(hooks). If this thread has a recorder, the loop runs on hooks that report to it and
/// pass every call on to `hooks`.
template <class Hooks, class Loop>
auto run_watched(Hooks& hooks, Loop&& loop) {
#if defined(QUIRE_RECORDED)
  if (is_watched()) {
    RecorderJudge judge{*this_thread_recorder};
    spec::Tapped<std::uint64_t, Hooks, RecorderJudge> tapped(hooks, judge);
    return loop(tapped);
  }
#endif
  return loop(hooks);
}

}  // namespace quire::impl
