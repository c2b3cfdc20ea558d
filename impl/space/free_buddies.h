// The free blocks of a device as buddy blocks.
#pragma once

#include "impl/space/block_counts.h"
#include "impl/space/buddy_block.h"

#include <boost/intrusive/set.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace quire::impl {

/// An index of free blocks for IndexedAllocator: each run of them as the fewest buddy blocks, in a
/// tree for each size. A device whose size is no power of two is a row of blocks of falling size.
/// Blocks that become free are merged with their buddies; a grant splits the blocks at its ends.
///
/// Space: 32 bytes a buddy block, of which a run has at most two of a size. Time: the logarithm of
/// the number of blocks, times the number of sizes.
class FreeBuddies {
 public:
  using Number = std::uint64_t;
  using Range = BlockRange<Number>;

  /// memory: for the blocks. Nothing is taken from it here.
  explicit FreeBuddies(std::pmr::memory_resource& memory) noexcept : memory_(&memory) {}
  FreeBuddies(const FreeBuddies&) = delete;
  FreeBuddies& operator=(const FreeBuddies&) = delete;
  ~FreeBuddies() { clear(); }

  /// The first `want` blocks of one of the smallest buddy blocks that hold so many; if none does,
  /// one of the largest, if it holds the minimum. Of blocks of one size the first from the goal on
  /// is taken, and then the first of all. Empty if there is none. A buddy block smaller than the
  /// alignment counts as not aligned. want, minimum and alignment are 1 at least.
  Range find(const Fit<Number>& fit) const noexcept;

  /// These free blocks, in a row, are granted. False, and no change, where memory ran out.
  [[nodiscard]] bool take(Range range) noexcept;
  /// These blocks, of which none was free, are free. False where memory ran out: then clear() must
  /// be called next.
  [[nodiscard]] bool give(Range range) noexcept;
  /// Forgets all blocks, and releases their memory.
  void clear() noexcept;

 private:
  friend struct Innards;

  struct Block : boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
    Number start = 0;
  };
  struct ByPlace {
    bool operator()(const Block& a, const Block& b) const { return a.start < b.start; }
    bool operator()(Number a, const Block& b) const { return a < b.start; }
    bool operator()(const Block& a, Number b) const { return a.start < b; }
  };
  using Tree = boost::intrusive::set<
      Block, boost::intrusive::compare<ByPlace>, boost::intrusive::constant_time_size<false>>;

  bool keep_spares(std::size_t n) noexcept;
  void drop_spares() noexcept { spares_.clear_and_dispose(Dispose{*this}); }
  bool add(BuddyBlock<Number> block) noexcept;
  bool remove(BuddyBlock<Number> block) noexcept;
  BuddyBlock<Number> free_block_with(Number at) const noexcept;

  struct Dispose {
    FreeBuddies& of;
    void operator()(Block* block) const { of.memory_.delete_object(block); }
  };

  std::pmr::polymorphic_allocator<> memory_;
  std::array<Tree, kWordBits> by_order_;  // log2 of the size
  Number orders_ = 0;                     // bit k: there is a block of order k
  boost::intrusive::multiset<
      Block, boost::intrusive::compare<ByPlace>, boost::intrusive::constant_time_size<true>>
      spares_;  // for blocks to come
};

}  // namespace quire::impl
