// What failed in the background, told to each handle once.
#pragma once

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
    const int code = -static_cast<int>(kErrno) <= error && error < 0 ? -error : EIO;
    std::uint64_t seen = state_.load(std::memory_order_relaxed);
    std::uint64_t next;
    do {
      const std::uint64_t number = seen / kNumberUnit + (seen & kTold ? 1 : 0);
      next = number * kNumberUnit + static_cast<std::uint64_t>(code);
    } while (!state_.compare_exchange_weak(seen, next, std::memory_order_acq_rel));
  }

  /// The cursor of a handle that is opened now (ES-3).
  Cursor open() const {
    const std::uint64_t seen = state_.load(std::memory_order_acquire);
    return seen & kTold ? seen : kNothing;
  }

  /// 0, or the error that the owner of the cursor was not told of yet; moves the cursor (ES-1,
  /// ES-2).
  int tell(Cursor& cursor) {
    std::uint64_t seen = state_.load(std::memory_order_acquire);
    while (seen != cursor) {
      // An error that comes in between is the one to tell.
      if (!state_.compare_exchange_weak(seen, seen | kTold, std::memory_order_acq_rel)) continue;
      cursor = seen | kTold;
      return -static_cast<int>(seen & kErrno);
    }
    return 0;
  }

 private:
  // From the low end: the errno, whether any handle was told, and the number of told errors before
  // it. The number has 51 bits: it does not come round (ES-7).
  static constexpr std::uint64_t kNothing = 0;
  static constexpr std::uint64_t kErrno = 0xfff;
  static constexpr std::uint64_t kTold = 0x1000;
  static constexpr std::uint64_t kNumberUnit = 0x2000;

  std::atomic<std::uint64_t> state_{kNothing};
};

}  // namespace quire::impl
