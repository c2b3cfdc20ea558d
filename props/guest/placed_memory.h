// In the player: the memory of one call, laid out as the host has it.
#pragma once

#include "props/guest/protocol.h"
#include "props/memory/mapping.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props::guest {

/// Segments whose bytes lie at the same place in their pages as on the host, without access where
/// they are so there, and with a page without access behind each segment.
class PlacedMemory {
 public:
  /// Throws std::system_error if there is no memory.
  PlacedMemory();

  /// Replaces the memory of the last call. Null, or why the pieces are invalid; then there is no
  /// memory.
  const char* place(std::span<const Piece> pieces);

  std::span<const iovec> segments() const { return segments_; }
  /// The pieces that are there, in order.
  std::span<const std::span<std::byte>> pieces() const { return there_; }
  /// Bytes of pieces().
  std::uint64_t bytes() const { return bytes_; }

  /// Fills the pages of the segments with kFill.
  void fill();
  static constexpr std::byte kFill{0xa5};

  /// The end of the last byte of pieces() that is not kFill; at least `count` bytes.
  std::uint64_t changed(std::uint64_t count) const;
  /// Bytes outside of the segments, in their first and last pages, that are no longer kFill.
  std::uint64_t strays() const;

 private:
  void clear();

  Mapping arena_;
  std::vector<iovec> segments_;
  std::vector<std::span<std::byte>> there_;
  std::vector<std::span<std::byte>> margins_;
  std::uint64_t bytes_ = 0;
};

}  // namespace quire::props::guest
