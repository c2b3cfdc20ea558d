// An allocator that marks granted blocks in a bitmap and finds free ones by an index.
#pragma once

#include "impl/space/block_counts.h"
#include "impl/space/sparse_bitmap.h"

#include <quire/block_allocator.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>

namespace quire::impl {

/// Grants at the goal if the block there is free, and as many behind it as are the minimum; else
/// where `Index` finds room, and on up to the next granted block. The next extent of a call is
/// sought behind the one before. A wrong call does only its valid part, as of BitmapAllocator.
///
/// Memory. release() must not fail, but a part that is released out of the middle of an extent
/// makes one more free run, and any pattern of blocks may become free so. To keep any pattern takes
/// a bit for each granted block: these are the marks, a bitmap for which allocate() takes the
/// memory. They alone decide which blocks are free. The index follows them while it gets memory. If
/// release() or the undoing of an allocate() cannot get any, it drops the whole index, which
/// releases memory; the next allocate() builds it anew from the marks.
///
/// allocate() and mark_used() throw std::bad_alloc where marks or index cannot grow, and have then
/// changed nothing that a caller can see. No other call throws. The constructor takes no memory.
///
/// Space: that of the marks (SparseBitmap) and of the index. Time: that of the index, and the
/// number of blocks by 64; after the index was dropped, or at first, once the number of free runs.
///
/// Index: FreeExtents or FreeBuddies. The members are defined for these two.
template <class Index>
class IndexedAllocator {
 public:
  /// The most blocks that a device can have.
  static constexpr std::uint64_t kBlocksMax = ~std::uint64_t{63};

  static constexpr bool releases_parts = true, releases_joined = true, honours_goal = true,
                        any_size = true;

  /// blocks: at most kBlocksMax. memory: for marks and index; must outlive the allocator.
  explicit IndexedAllocator(
      std::uint64_t blocks,
      std::pmr::memory_resource& memory = *std::pmr::get_default_resource()) noexcept
      : granted_(memory), index_(memory), blocks_(blocks), counts_{blocks, 0} {}

  [[nodiscard]] bool reserve(std::uint64_t n) noexcept { return impl::reserve(counts_, n); }
  void unreserve(std::uint64_t n) noexcept { impl::unreserve(counts_, n); }
  [[nodiscard]] std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents);
  void release(Extent extent) noexcept;
  /// False, and no change, where one of the blocks is reserved, granted or not on the device.
  [[nodiscard]] bool mark_used(Extent extent);
  /// False, and no change, where a block from `blocks` on is granted, fewer blocks are free than
  /// the device shrinks by, or `blocks` is 0 or more than kBlocksMax.
  [[nodiscard]] bool resize(std::uint64_t blocks) noexcept;

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() const { return counts_.free; }
  std::uint64_t reserved_blocks() const { return counts_.reserved; }

  /// The first block of [from, end) that is not granted, or `end`.
  std::uint64_t find_ungranted(std::uint64_t from, std::uint64_t end) const {
    return granted_.find_clear(from, end);
  }
  /// The first block of [from, end) that is granted, or `end`.
  std::uint64_t find_granted(std::uint64_t from, std::uint64_t end) const {
    return granted_.find_set(from, end);
  }
  /// Bit b: block b is granted.
  const SparseBitmap& granted() const { return granted_; }

 private:
  friend struct Innards;
  using Range = BlockRange<std::uint64_t>;

  Range find(const Fit<std::uint64_t>& fit) const noexcept;
  void grant(Range range);
  void take_back(Range range) noexcept;
  void build_index();
  void drop_index() noexcept;

  SparseBitmap granted_;     // bit b: block b has an owner
  Index index_;              // of the other blocks
  bool is_indexed_ = false;  // if not, the index is empty
  std::uint64_t blocks_;
  BlockCounts<std::uint64_t> counts_;
};

}  // namespace quire::impl
