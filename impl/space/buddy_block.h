// Buddy blocks: powers of two of blocks, each at a multiple of its size, over a word type.
#pragma once

#include "impl/bits/word_bits.h"
#include "impl/space/block_counts.h"
#include "spec/word.h"

namespace quire::impl {

/// `size` blocks, a power of two, from a multiple of it on.
template <class W>
struct BuddyBlock {
  W start;
  W size;
};

/// log2 of a size.
template <spec::Word W>
constexpr W order_of(const W& size) {
  return lowest(size);
}

/// The largest power of two that is at most n; 0 for 0.
template <spec::Word W>
constexpr W highest_bit(const W& n) {
  using spec::rsh;
  W below = n;
  for (std::uint64_t shift = 1; shift < kWordBits; shift += shift)
    below = below | rsh(below, W{shift});
  return below - rsh(below, W{1});
}

/// The smallest size that is at least n, which is 1 or more; 0 where that is 2^64.
template <spec::Word W>
constexpr W size_for(const W& n) {
  using spec::ite;
  const W half = highest_bit(n - 1);
  return ite(n == 1, W{1}, half + half);
}

/// The largest block that starts where the range does and lies in it. Requires that the range is
/// not empty.
template <spec::Word W>
constexpr BuddyBlock<W> first_piece(const BlockRange<W>& range) {
  using spec::ite;
  const W aligned = range.start & (W{0} - range.start);  // 0: to any size
  const W fits = highest_bit(range.end - range.start);
  return {range.start, ite(aligned != 0 && aligned < fits, aligned, fits)};
}

/// Where the other half of a block's parent starts.
template <spec::Word W>
constexpr W buddy_of(const BuddyBlock<W>& block) {
  using spec::ite;
  const auto is_first = (block.start & block.size) == 0;
  return ite(is_first, block.start + block.size, block.start - block.size);
}

/// A block and its buddy as one. Requires that size is less than 2^63.
template <spec::Word W>
constexpr BuddyBlock<W> parent_of(const BuddyBlock<W>& block) {
  return {block.start & ~block.size, block.size + block.size};
}

/// The block of this size that holds `at`.
template <spec::Word W>
constexpr BuddyBlock<W> block_with(const W& at, const W& size) {
  return {spec::round_down(at, size), size};
}

}  // namespace quire::impl
