// The iterator over the caller's memory.
#pragma once

#include "ref/user_memory/segment_walk.h"
#include "spec/write/iov_iter.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quire::ref {

/// Walks the bytes of an array of segments. All counts are bytes. Empty segments are invisible
/// (IT-3): the iterator stands on a byte, or behind the last. One thread at a time.
class IovIter {
 public:
  /// segments: checked and clamped (ref/user_memory/import_iovec.h).
  explicit IovIter(std::vector<iovec> segments);

  /// Bytes not yet consumed (IT-1).
  std::uint64_t left() const { return left_; }

  /// Bytes of the array that stand before the current segment and offset.
  std::uint64_t place() const;

  /// Where it stands, for the recorder.
  spec::IterState<std::uint64_t> state() const;

  /// Moves up to `n` bytes between the caller's memory and ours, and advances by what was moved;
  /// stops at the first byte that the caller's memory refuses. Returns the bytes moved (IT-5).
  /// Requires n <= left().
  std::uint64_t copy_from(std::byte* to, std::uint64_t n);
  std::uint64_t copy_to(const std::byte* from, std::uint64_t n);

  /// Reverts `n` bytes: the iterator stands where it stood n bytes ago. Requires n <= place()
  /// (IT-2).
  void revert(std::uint64_t n);

  /// Lets the iterator end after at most `n` bytes more; the segments stay (CHK-2).
  void truncate(std::uint64_t n);

  /// Undoes truncate(): `n` bytes are left again. Requires n >= left(), and as many bytes in the
  /// segments (CHK-4).
  void reexpand(std::uint64_t n);

  /// Bytes of the next `n` that could not be made readable, from the first failing one on; those
  /// past the end count as failing. Never moves the iterator (IT-4).
  std::uint64_t fault_in(std::uint64_t n) const;

 private:
  using Place = Cursor<std::uint64_t>;

  std::byte* address(const Place& at) const;
  std::uint64_t length(std::uint64_t segment) const { return segments_.at(segment).iov_len; }
  void skip_finished_segments();
  /// Consumes up to `n` bytes: what move(address, bytes) moves of each segment.
  template <class Move>
  std::uint64_t transfer(std::uint64_t n, Move move);

  std::vector<iovec> segments_;
  Place at_{0, 0};
  std::uint64_t left_;
};

}  // namespace quire::ref
