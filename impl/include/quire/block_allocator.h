// The concept of a block allocator, whatever its strategy.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <concepts>
#include <cstdint>
#include <optional>

namespace quire {

/// A run of blocks of the device. Both fields count blocks; length is at least 1. Since 0.1.
struct Extent {
  std::uint64_t start;
  std::uint64_t length;

  std::uint64_t end() const { return start + length; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// An allocator hands out the blocks of one device in two steps, so that a write can be sure of its
/// space before it knows where that lies. n and goal count blocks.
///
/// - A{n}: a device of n blocks, all free.
/// - reserve(n): reserves n blocks that stay anywhere: all n, or false (ENOSPC) and no change.
/// - unreserve(n): releases n reserved blocks; at most as many as are reserved.
/// - allocate(want, goal): turns 1 to `want` reserved blocks into one extent, near block `goal` if
///   the strategy can. want is at least 1 and at most the number reserved. An allocator that keeps
///   its promises always grants; empty says that it could not.
/// - free(extent): frees an extent, or any part of one, that allocate() granted.
/// - blocks(), free_blocks(), reserved_blocks(): free + reserved + granted == blocks, after every
///   call (ACC-1).
///
/// Errors: allocate() may throw std::bad_alloc, and has then changed nothing; no other call throws.
/// Threads: calls come one at a time; the volume holds its space lock round each of them.
/// Since: 0.1.
template <class A>
concept BlockAllocator = requires(A a, const A& seen, std::uint64_t n, Extent extent) {
  A{n};
  { a.reserve(n) } -> std::same_as<bool>;
  { a.unreserve(n) } -> std::same_as<void>;
  { a.allocate(n, n) } -> std::same_as<std::optional<Extent>>;
  { a.free(extent) } -> std::same_as<void>;
  { seen.blocks() } -> std::same_as<std::uint64_t>;
  { seen.free_blocks() } -> std::same_as<std::uint64_t>;
  { seen.reserved_blocks() } -> std::same_as<std::uint64_t>;
};

}  // namespace quire

#endif  // QUIRE_CXX23
