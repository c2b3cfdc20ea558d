// How the recorded build of libquire reports its steps; nothing in the production build.
//
// The library is compiled twice from the same source: as libquire, and, with QUIRE_RECORDED=1, as
// the archive that the checker links. A thread that has set a recorder is watched.
#pragma once

#include "spec/recorder.h"

namespace quire::impl {

#if defined(QUIRE_RECORDED)
inline constexpr bool kRecorded = true;
#else
inline constexpr bool kRecorded = false;
#endif

/// The calling thread's recorder, or null. Only the recorded build looks at it.
inline thread_local spec::Recorder* this_thread_recorder = nullptr;

/// Calls event(recorder) in the recorded build if this thread has a recorder.
template <class Event>
void record(Event&& event) {
  if constexpr (kRecorded) {
    if (this_thread_recorder != nullptr) event(*this_thread_recorder);
  }
}

/// The judge that spec::Tapped reports to.
struct RecorderJudge {
  spec::Recorder& recorder;

  void attempt(const spec::Attempt<std::uint64_t>& a) { recorder.attempt(a); }
  void step(const spec::Step& step) { recorder.step(step); }
  void lock_wanted(std::uint64_t rank, std::uint64_t key) { recorder.lock_wanted(rank, key); }
  bool wants_stop() { return recorder.wants_stop(); }
};

}  // namespace quire::impl
