// The first allocator of libquire: one bit a block, first fit.
#pragma once

#include "impl/space/block_counts.h"

#include <quire/block_allocator.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace quire::impl {

/// First fit from the goal: an extent starts at the first block at or after `goal` that is not
/// granted, going on from block 0 after the last, and runs on to `want` blocks, to the next granted
/// block or to the end of the device. A goal behind the device counts as 0.
///
/// A wrong call does only what is right of it, so that ACC-1 holds whatever the caller does: free()
/// passes over blocks that are not granted, unreserve() and allocate() take at most what is
/// reserved, and allocate() of nothing grants nothing.
///
/// Space: one bit a block. Time: reserve and unreserve constant; allocate reads 64 blocks at a
/// time, in the worst case the whole map.
class BitmapAllocator {
 public:
  /// blocks: at most 2^64 - 64.
  explicit BitmapAllocator(std::uint64_t blocks);

  [[nodiscard]] bool reserve(std::uint64_t n);
  void unreserve(std::uint64_t n);
  [[nodiscard]] std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal);
  void free(Extent extent);

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() const { return counts_.free; }
  std::uint64_t reserved_blocks() const { return counts_.reserved; }

  /// The first block of [from, end) that is not granted, or `end`.
  std::uint64_t find_ungranted(std::uint64_t from, std::uint64_t end) const;
  /// The first block of [from, end) that is granted, or `end`.
  std::uint64_t find_granted(std::uint64_t from, std::uint64_t end) const;

 private:
  std::vector<std::uint64_t> granted_;  // bit b % 64 of word b / 64: block b has an owner
  std::uint64_t blocks_;
  BlockCounts<std::uint64_t> counts_;
};
static_assert(BlockAllocator<BitmapAllocator>);

}  // namespace quire::impl
