// The first allocator of libquire: one bit a block, first fit.
#pragma once

#include "impl/space/block_counts.h"
#include "impl/space/sparse_bitmap.h"

#include <quire/block_allocator.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>

namespace quire::impl {

/// First fit from the goal: an extent starts at the first block at or after `goal` that is not
/// granted, going on from block 0 after the last, and runs on to `want` blocks, to the next granted
/// block or to the end of the device. The next extent of a call is sought behind it. A goal behind
/// the device counts as 0. Of a run of free blocks whose aligned part is shorter than `minimum`
/// nothing is granted.
///
/// A wrong call does only its valid part, so that ACC-1 holds whatever the caller does: release()
/// passes over blocks that are not granted, unreserve() and allocate() take at most the reserved
/// blocks, and allocate() of nothing grants nothing.
///
/// allocate() and mark_used() throw std::bad_alloc where the map cannot grow, and have then changed
/// nothing. No other call takes memory, the constructor neither; none of them throws.
///
/// Space: follows the granted blocks and not the device (SparseBitmap). Time: reserve and unreserve
/// constant; allocate and release by the number of blocks, and the logarithm of the size of the
/// map; a minimum or an alignment costs that for each run that is passed over.
class BitmapAllocator {
 public:
  static constexpr bool releases_parts = true, releases_joined = true, honours_goal = true,
                        finds_runs = true, any_size = true;

  /// blocks: at most 2^64 - 64. memory: for the map; must outlive the allocator.
  explicit BitmapAllocator(
      std::uint64_t blocks,
      std::pmr::memory_resource& memory = *std::pmr::get_default_resource()) noexcept;

  [[nodiscard]] bool reserve(std::uint64_t n) noexcept;
  void unreserve(std::uint64_t n) noexcept;
  [[nodiscard]] std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents);
  void release(Extent extent) noexcept;
  /// False, and no change, where one of the blocks is reserved, granted or not on the device.
  [[nodiscard]] bool mark_used(Extent extent);

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() const { return counts_.free; }
  std::uint64_t reserved_blocks() const { return counts_.reserved; }

  /// The first block of [from, end) that is not granted, or `end`.
  std::uint64_t find_ungranted(std::uint64_t from, std::uint64_t end) const;
  /// The first block of [from, end) that is granted, or `end`.
  std::uint64_t find_granted(std::uint64_t from, std::uint64_t end) const;
  /// Bit b: block b is granted.
  const SparseBitmap& granted() const { return granted_; }

 private:
  friend struct Innards;

  SparseBitmap granted_;  // bit b: block b has an owner
  std::uint64_t blocks_;
  BlockCounts<std::uint64_t> counts_;
};
static_assert(BlockAllocator<BitmapAllocator>);

}  // namespace quire::impl
