// What failed in the background, told to each handle once.
#pragma once

#include "impl/file/errseq_word.h"

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace quire::impl {

/// The errors of one file's writeback. A handle remembers in a Cursor how far it was told; it
/// learns of the last error since then, exactly once. What no handle was told of is told to those
/// opened later, too. Any thread may call; calls with the same cursor must exclude each other.
class ErrSeq {
 public:
  using Cursor = std::uint64_t;

  /// Keeps a negative errno; what a device answers that is none counts as EIO. It replaces an error
  /// that nobody was told of (ES-5).
  void set(int error) {
    const int code = -static_cast<int>(kErrseqErrno) <= error && error < 0 ? -error : EIO;
    std::uint64_t seen = state_.load(std::memory_order_relaxed);
    while (!state_.compare_exchange_weak(
        seen, errseq_next(seen, static_cast<std::uint64_t>(code)), std::memory_order_acq_rel)) {
    }
  }

  /// The cursor of a handle that is opened now (ES-3).
  Cursor open() const { return errseq_cursor(state_.load(std::memory_order_acquire)); }

  /// 0, or the error that the owner of the cursor was not told of yet; moves the cursor (ES-1,
  /// ES-2).
  int tell(Cursor& cursor) {
    std::uint64_t seen = state_.load(std::memory_order_acquire);
    while (seen != cursor) {
      // An error that comes in between is the one to tell.
      const std::uint64_t told = errseq_told(seen);
      if (!state_.compare_exchange_weak(seen, told, std::memory_order_acq_rel)) continue;
      cursor = told;
      return -static_cast<int>(seen & kErrseqErrno);
    }
    return 0;
  }

 private:
  std::atomic<std::uint64_t> state_{0};
};

}  // namespace quire::impl
