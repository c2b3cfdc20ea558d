// What an allocator can do beyond quire::BlockAllocator. An allocator declares each such power, and
// the laws demand it of those alone.
#pragma once

#include <quire/block_allocator.h>

#ifdef QUIRE_CXX23

#include <cstdint>

namespace quire {

/// The powers as bits of a mask, the same as in allocator_table.h. A C++ allocator declares a power
/// that has functions by having these, and each other one by a member `static constexpr bool` that
/// is true: releases_parts, releases_joined, honours_goal, finds_runs, any_size. Since: 0.1.
enum AllocatorPower : std::uint32_t {
  /// release() takes a part of a granted extent, too.
  kReleasesParts = 1u << 0,
  /// release() takes granted blocks in a row, also of several extents.
  kReleasesJoined = 1u << 1,
  /// allocate() with alignment 1 grants the block `goal` first, where it is free and as many blocks
  /// behind it as are the minimum.
  kHonoursGoal = 1u << 2,
  /// allocate() returns 0 only where no run of free blocks has an aligned part of `minimum` blocks.
  kFindsRuns = 1u << 3,
  /// Devices have any number of blocks up to 2^64 - 64: memory follows what is granted.
  kAnySize = 1u << 4,
  /// bool mark_used(Extent): these blocks of a new allocator are in use, as if granted: true; or
  /// false and no change. They are released as a granted extent is.
  kMarksUsed = 1u << 5,
  /// bool share(Extent): a granted extent, or what release() takes of it, has one owner more: true;
  /// or false and no change. release() takes one owner from each block, and frees those that have
  /// none left. std::uint64_t owners(block) const: 0 where it is not granted.
  kShares = 1u << 6,
  /// bool resize(n): the device has n blocks, the new ones free. False and no change exactly where
  /// a block from n on is granted, or fewer blocks are free than it shrinks by. n is at least 1.
  kResizes = 1u << 7,
  /// std::size_t save(std::span<std::byte>) const: returns the size of the image of what is
  /// granted, and stores it where it fits. bool restore(std::span<const std::byte>): on a new
  /// allocator of as many blocks; reserved blocks are free again.
  kPersists = 1u << 8,
};

}  // namespace quire

#endif  // QUIRE_CXX23
