// The iterator over the caller's memory.
#pragma once

#include "impl/user_memory/segment_walk.h"
#include "spec/write/iov_iter.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::impl {

/// Walks the segments of a call. Segments may be empty anywhere (IT-3). Holds no memory of its own:
/// the array must outlive it. `total` bytes are walked at most, even if the segments hold more.
class IovIter {
 public:
  IovIter(std::span<const iovec> segments, std::uint64_t total)
      : segments_(segments), total_(total), left_(total) {
    skip_empty();
  }

  std::uint64_t left() const { return left_; }
  std::uint64_t consumed() const { return total_ - left_; }

  /// Its position, for the recorder: counts the segments anew, independently of left().
  spec::IterState<std::uint64_t> state() const;

  /// Copies up to n bytes to `to` and advances by those copied. Stops at the first byte that cannot
  /// be read (IT-5). n <= left().
  std::uint64_t copy_to_folio(std::byte* to, std::uint64_t n);

  /// The same the other way: from a folio to the caller's memory.
  std::uint64_t copy_from_folio(const std::byte* from, std::uint64_t n);

  /// Moves back by n bytes. n <= consumed() (IT-2).
  void revert(std::uint64_t n);

  /// How many of the next n bytes could not be made readable, counted from the first that fails
  /// (IT-4).
  std::uint64_t fault_in(std::uint64_t n) const;

 private:
  /// Calls move(address, length) -> bytes moved, for the next n bytes, segment by segment.
  template <class Move>
  std::uint64_t walk(std::uint64_t n, Move&& move);
  void skip_empty();
  std::byte* address(const SegmentPlace<std::uint64_t>& at) const {
    return static_cast<std::byte*>(segments_[at.segment].iov_base) + at.offset;
  }
  auto lengths() const {
    return [this](std::uint64_t segment) -> std::uint64_t { return segments_[segment].iov_len; };
  }

  std::span<const iovec> segments_;
  std::uint64_t total_;
  std::uint64_t left_;
  SegmentPlace<std::uint64_t> at_{0, 0};  // on a byte that is not consumed, or past the last
};

}  // namespace quire::impl
