// How the recorded build of libquire reports its steps; nothing in the production build.
//
// The library is compiled twice from the same source: as libquire, and, with QUIRE_RECORDED=1, as
// the archive that the checker links. A thread that has set a recorder is watched.
//
// Only the recorded build includes the recorder, which brings the records of all models along. A
// step is therefore reported by a function whose parameter is `auto&`.
#pragma once

#if defined(QUIRE_RECORDED)

#include "spec/recorder.h"

namespace quire::impl {

inline constexpr bool kRecorded = true;

/// The calling thread's recorder, or null.
inline thread_local spec::Recorder* this_thread_recorder = nullptr;

/// Whether this thread has a recorder.
inline bool is_watched() { return this_thread_recorder != nullptr; }

/// Calls event(recorder) if this thread has a recorder.
template <class Event>
void record(Event&& event) {
  if (is_watched()) event(*this_thread_recorder);
}

}  // namespace quire::impl

#else

namespace quire::impl {

inline constexpr bool kRecorded = false;

constexpr bool is_watched() { return false; }

template <class Event>
void record(Event&&) {}

}  // namespace quire::impl

#endif
