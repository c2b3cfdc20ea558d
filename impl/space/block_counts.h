// The counts of a space manager, over a word type: free + reserved + granted == blocks (ACC-1).
//
// Templates, so that proofs/ proves for any counts and arguments the code that the allocator runs.
#pragma once

#include "spec/word.h"

#include <concepts>

namespace quire::impl {

/// Blocks. Those that are granted are the rest of the device.
template <class W>
struct BlockCounts {
  W free;
  W reserved;
};

/// Moves `n` blocks from free to reserved, or none if fewer are free. Returns whether it did.
template <spec::Word W>
constexpr spec::TruthOf<W> reserve(BlockCounts<W>& counts, const W& n) {
  using spec::ite;
  const auto fits = n <= counts.free;
  const W moved = ite(fits, n, W{0});
  counts.free = counts.free - moved;
  counts.reserved = counts.reserved + moved;
  return fits;
}

/// Moves `n` blocks back, or as many as are reserved.
template <spec::Word W>
constexpr void unreserve(BlockCounts<W>& counts, const W& n) {
  const W moved = spec::min(n, counts.reserved);
  counts.reserved = counts.reserved - moved;
  counts.free = counts.free + moved;
}

/// Blocks [start, end) of the device.
template <class W>
struct BlockRange {
  W start;
  W end;
};

/// The part of `length` blocks from `start` on that lies on a device of `blocks`.
template <spec::Word W>
constexpr BlockRange<W> on_device(const W& start, const W& length, const W& blocks) {
  using spec::min;
  const W from = min(start, blocks);
  return {from, from + min(length, blocks - from)};
}

/// Where a search for free blocks is made: the marks of the blocks.
template <class M, class W>
concept BlockMarks = spec::Word<W> && requires(M marks, const W block) {
  // The first block of [from, end) that is not granted, or that is; or end.
  { marks.find_ungranted(block, block) } -> std::same_as<W>;
  { marks.find_granted(block, block) } -> std::same_as<W>;
};

/// The block from which a search with this goal begins.
template <spec::Word W>
constexpr W search_start(const W& goal, const W& blocks) {
  using spec::ite;
  return ite(goal < blocks, goal, W{0});
}

/// Redeems up to `want` reserved blocks by the first that are not granted from `goal` on, going on
/// from block 0 after the last; up to the next granted one. An empty range if nothing is wanted, or
/// reserved. The marks are the caller's to set.
template <spec::Word W, BlockMarks<W> Marks>
constexpr BlockRange<W> allocate(
    const Marks& marks, BlockCounts<W>& counts, const W& blocks, const W& want, const W& goal) {
  using spec::min;
  const W most = min(want, counts.reserved);
  if (most == 0) return {W{0}, W{0}};
  const W from = search_start(goal, blocks);

  // Found, since free and reserved blocks together are the blocks that are not granted, and one is
  // reserved.
  W start = marks.find_ungranted(from, blocks);
  if (start == blocks) start = marks.find_ungranted(W{0}, from);
  const W end = marks.find_granted(start, start + min(most, blocks - start));
  counts.reserved = counts.reserved - (end - start);
  return {start, end};
}

/// What an extent must be, in blocks.
template <class W>
struct Fit {
  W want;       ///< at most so long
  W goal;       ///< sought from here on
  W minimum;    ///< at least so long
  W alignment;  ///< its start is a multiple of this power of two
};

/// The first part of the free blocks [start, end) that fits, of at most `most` blocks; empty if
/// none does.
template <spec::Word W>
constexpr BlockRange<W> fitting_part(
    const BlockRange<W>& run, const W& most, const W& minimum, const W& alignment) {
  using spec::ite, spec::min;
  const W past = run.start & (alignment - 1);
  const W skipped = ite(past == 0, W{0}, alignment - past);
  const W length = run.end - run.start;
  const W left = ite(skipped < length, length - skipped, W{0});
  const W taken = ite(left < minimum, W{0}, min(most, left));
  const W start = run.start + ite(taken == 0, W{0}, skipped);
  return {start, start + taken};
}

/// As allocate(), but of the first run from the goal on that has a part which fits; an empty range
/// if none has.
template <class W, BlockMarks<W> Marks>
constexpr BlockRange<W> allocate_fitting(
    const Marks& marks, BlockCounts<W>& counts, const W& blocks, const Fit<W>& fit) {
  const W most = spec::min(fit.want, counts.reserved);
  if (most == 0 || most < fit.minimum) return {W{0}, W{0}};
  const W from = search_start(fit.goal, blocks);
  const auto search = [&](W at, const W& end) {
    while (at < end) {
      const W start = marks.find_ungranted(at, blocks);
      if (start >= end) break;
      at = marks.find_granted(start, blocks);
      const auto found = fitting_part<W>({start, at}, most, fit.minimum, fit.alignment);
      if (found.start != found.end) return found;
    }
    return BlockRange<W>{W{0}, W{0}};
  };
  BlockRange<W> found = search(from, blocks);
  if (found.start == found.end) found = search(W{0}, from);
  counts.reserved = counts.reserved - (found.end - found.start);
  return found;
}

/// `n` blocks that were granted are free.
template <spec::Word W>
constexpr void freed(BlockCounts<W>& counts, const W& n) {
  counts.free = counts.free + n;
}

}  // namespace quire::impl
