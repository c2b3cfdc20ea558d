// A bitmap of up to 2^64 bits that takes memory only where bits are set.
#pragma once

#include "impl/space/block_counts.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>

namespace quire::impl {

/// Bits that are all clear at first. Chunks of the bitmap that have no bit set are not kept. Above
/// the bitmap stand summaries: bit c of the next level is set while chunk c of this one is full, so
/// that a search passes over full chunks 4096 at a time, and by that again a level up.
///
/// Space: 600 bytes for each 4096 bits of which one is set. Time: a search looks at one or two
/// chunks a level, each found in a tree of the chunks of its level.
class SparseBitmap {
 public:
  using Number = std::uint64_t;
  using Range = BlockRange<Number>;

  /// memory: for the chunks. Nothing is taken from it here.
  explicit SparseBitmap(std::pmr::memory_resource& memory) noexcept
      : levels_{Chunks(&memory), Chunks(&memory), Chunks(&memory),
                Chunks(&memory), Chunks(&memory), Chunks(&memory)} {}

  /// Sets the bits of the range, which must be clear. Throws std::bad_alloc, and has then changed
  /// nothing.
  void set(Range range);
  /// Clears the bits of the range. Returns how many were set. Never throws.
  Number clear(Range range) noexcept;

  /// The first bit of [from, end) that is clear, or that is set; or `end`.
  Number find_clear(Number from, Number end) const { return find_clear(0, from, end); }
  Number find_set(Number from, Number end) const;

 private:
  friend struct Innards;

  static constexpr Number kChunkShift = 12;
  static constexpr Number kChunkBits = Number{1} << kChunkShift;
  static constexpr std::size_t kLevels = (64 + kChunkShift - 1) / kChunkShift;

  struct Chunk {
    std::array<Number, kChunkBits / 64> words{};
    Number count = 0;  // bits set
  };
  using Chunks = std::pmr::map<Number, Chunk>;  // by number; none is empty

  static void set_in_chunk(Chunk& chunk, Range range);
  static Number clear_in_chunk(Chunk& chunk, Range range);
  template <class Bits>
  static Number find_in_chunk(Number from, Number end, Bits bits_of_word);

  void set_in_level(std::size_t level, Range range);
  Number find_clear(std::size_t level, Number from, Number end) const;

  // The last level has too few bits to fill a chunk.
  std::array<Chunks, kLevels> levels_;
  static_assert(kLevels == 6, "the constructor names each");
};

}  // namespace quire::impl
