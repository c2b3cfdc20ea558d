// The concept of a block allocator, whatever its strategy.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace quire {

/// A run of blocks of the device. Both fields count blocks; length is at least 1. Since 0.1.
struct Extent {
  std::uint64_t start;
  std::uint64_t length;

  std::uint64_t end() const { return start + length; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// A call of allocate(). Each field counts blocks.
/// Since: 0.1.
struct AllocationRequest {
  std::uint64_t want;           ///< at most this many in all; from 1 to the number reserved
  std::uint64_t goal = 0;       ///< the best place; a hint that may lie behind the device
  std::uint64_t minimum = 1;    ///< each granted extent is at least this long; from 1 to `want`
  std::uint64_t alignment = 1;  ///< each one starts at a multiple of this power of two
};

/// An allocator hands out the blocks of one device in two steps, so that a write can be sure of its
/// space before it knows where that lies. n counts blocks.
///
/// - A{n}: a device of n blocks, all free.
/// - reserve(n): reserves n blocks that stay anywhere: all n, or false (ENOSPC) and no change.
/// - unreserve(n): releases n reserved blocks; at most as many as are reserved.
/// - allocate(request, extents): turns reserved blocks into extents, at most as many as `extents`
///   has room for, which is one at least. Returns how many it stored there, from the first place
///   on. Together they have at most `want` blocks: a caller asks again for the rest. 0: it could
///   not, and nothing has changed. With minimum 1 and alignment 1 it always grants, however
///   fragmented the device is: a block was reserved.
/// - release(extent): frees an extent as allocate() granted it. Of parts see allocator_powers.h.
/// - blocks(), free_blocks(), reserved_blocks(): free + reserved + granted == blocks, after every
///   call (ACC-1).
///
/// An allocator that can do more declares it: allocator_powers.h.
///
/// Errors: allocate() may throw std::bad_alloc, and has then changed nothing; no other call throws.
/// Threads: calls come one at a time; the volume holds its space lock round each of them.
/// Since: 0.1.
template <class A>
concept BlockAllocator =
    requires(A a, const A& seen, std::uint64_t n, Extent extent, std::span<Extent> extents) {
  A{n};
  { a.reserve(n) } -> std::same_as<bool>;
  { a.unreserve(n) } -> std::same_as<void>;
  { a.allocate(AllocationRequest{n}, extents) } -> std::same_as<std::size_t>;
  { a.release(extent) } -> std::same_as<void>;
  { seen.blocks() } -> std::same_as<std::uint64_t>;
  { seen.free_blocks() } -> std::same_as<std::uint64_t>;
  { seen.reserved_blocks() } -> std::same_as<std::uint64_t>;
};

}  // namespace quire

#endif  // QUIRE_CXX23
