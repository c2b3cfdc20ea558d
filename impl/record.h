// How the recorded build of libquire reports its steps; nothing in the production build.
//
// The library is compiled twice from the same source: as libquire, and, with QUIRE_RECORDED=1, as
// the archive that the checker links. A thread that has set a recorder is watched.
//
// Only the recorded build includes the recorder, which brings the records of all models along. A
// step is therefore reported by a function whose parameter is `auto&`.
#pragma once

#include <cstdint>

#if defined(QUIRE_RECORDED)

#include "impl/turns.h"
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

/// The first block that a volume allocates which this thread opens. So the checker's few files lie
/// far behind the start of a large device.
inline thread_local std::uint64_t this_thread_first_block = 0;
inline std::uint64_t first_block_of_new_volume() { return this_thread_first_block; }

/// Those that the calling thread takes part in, or null.
inline thread_local Turns* this_thread_turns = nullptr;

/// Calls event(turns) if this thread takes turns, and returns whether it does.
template <class Event>
bool in_turns(Event&& event) {
  if (this_thread_turns == nullptr) return false;
  event(*this_thread_turns);
  return true;
}

}  // namespace quire::impl

#else

namespace quire::impl {

inline constexpr bool kRecorded = false;

constexpr bool is_watched() { return false; }

template <class Event>
void record(Event&&) {}

constexpr std::uint64_t first_block_of_new_volume() { return 0; }

template <class Event>
constexpr bool in_turns(Event&&) {
  return false;
}

}  // namespace quire::impl

#endif
