// Locks that are stated and not taken. One thread at a time uses a volume; the recorder learns
// where several threads would wait, and judges the order (spec/locks/order.h).
#pragma once

#include "spec/locks/order.h"
#include "spec/recorder.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace quire::ref {

/// States that the thread waits for a lock, without keeping it.
template <class LockClass>
void note_wait(spec::Recorder* recorder, std::uint64_t key) {
  if (recorder != nullptr) recorder->lock_wanted(spec::rank_of<LockClass>, key);
}

/// States that the thread waits for a lock and gets it.
template <class LockClass>
void note_lock(spec::Recorder* recorder, std::uint64_t key) {
  note_wait<LockClass>(recorder, key);
  if (recorder != nullptr) recorder->lock_taken(spec::rank_of<LockClass>, key);
}

/// States that the thread has taken a lock without waiting.
template <class LockClass>
void note_trylock(spec::Recorder* recorder, std::uint64_t key) {
  if (recorder != nullptr) recorder->lock_taken(spec::rank_of<LockClass>, key);
}

template <class LockClass>
void note_unlock(spec::Recorder* recorder, std::uint64_t key) {
  if (recorder != nullptr) recorder->lock_dropped(spec::rank_of<LockClass>, key);
}

/// A lock held for a scope. recorder may be null. key: which lock of the class; a file's number, 0
/// for the volume's only space lock. nowait: it is free, and taken without waiting.
template <class LockClass>
class NotedLock {
 public:
  NotedLock(spec::Recorder* recorder, std::uint64_t key, bool nowait = false)
      : recorder_(recorder), key_(key) {
    if (nowait) {
      note_trylock<LockClass>(recorder_, key_);
    } else {
      note_lock<LockClass>(recorder_, key_);
    }
  }
  ~NotedLock() { note_unlock<LockClass>(recorder_, key_); }
  NotedLock(const NotedLock&) = delete;
  NotedLock& operator=(const NotedLock&) = delete;

 private:
  spec::Recorder* recorder_;
  std::uint64_t key_;
};

/// The same lock of two files, for a scope: the lower number first (LK-1). Of one file, once.
template <class LockClass>
class NotedLockOfTwo {
 public:
  NotedLockOfTwo(spec::Recorder* recorder, std::uint64_t a, std::uint64_t b)
      : lower_(recorder, std::min(a, b)) {
    if (a != b) higher_.emplace(recorder, std::max(a, b));
  }

 private:
  NotedLock<LockClass> lower_;
  std::optional<NotedLock<LockClass>> higher_;
};

}  // namespace quire::ref
