// The errors of writeback, each reported once by each handle.
#pragma once

#include "impl/file/errseq_word.h"

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace quire::impl {

/// The errors of one file's writeback. A handle keeps a Cursor, which says how much of them it has
/// seen; check_and_advance() returns the last error since then, once. An error that no handle has
/// seen is also new to a handle that is opened later. Any thread may call; calls with the same
/// cursor must exclude each other.
class ErrSeq {
 public:
  using Cursor = std::uint64_t;

  /// Records a negative errno; anything else that a device answers counts as EIO. It replaces an
  /// error that no handle has seen (ES-5).
  void set(int error) {
    const int code = -static_cast<int>(kErrseqErrno) <= error && error < 0 ? -error : EIO;
    std::uint64_t word = state_.load(std::memory_order_relaxed);
    while (!state_.compare_exchange_weak(
        word, errseq_next(word, static_cast<std::uint64_t>(code)), std::memory_order_acq_rel)) {
    }
  }

  /// The cursor of a handle that is opened now (ES-3).
  Cursor open() const { return errseq_cursor(state_.load(std::memory_order_acquire)); }

  /// Returns the last error since `since`, or 0, and advances `since` (ES-1, ES-2).
  int check_and_advance(Cursor& since) {
    std::uint64_t word = state_.load(std::memory_order_acquire);
    while (word != since) {
      // If another error comes in between, that one is returned.
      const std::uint64_t seen = errseq_seen(word);
      if (!state_.compare_exchange_weak(word, seen, std::memory_order_acq_rel)) continue;
      since = seen;
      return -static_cast<int>(word & kErrseqErrno);
    }
    return 0;
  }

 private:
  friend struct Innards;

  std::atomic<std::uint64_t> state_{0};
};

}  // namespace quire::impl
