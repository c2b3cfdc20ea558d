// Speculative preallocation: how far beyond a growing write XFS reserves space (semantics 5.2).
//
// The arithmetic is one template over the word for each stage, so that a proof can run it and each
// stage can be compared with the running kernel: a tracepoint has the size after stage (c).
//   (a) prealloc_want()   from the run of extents before the write, or its offset
//   (b) prealloc_shift(), quota_throttle()   how scarce space and quota are
//   (c) prealloc_round()  throttled, a power of two, within its limits
//   (d) prealloc_end()    from a size to the block where the reservation ends
// Blocks unless said otherwise.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <cstdint>

namespace quire::spec {

/// The longest extent that a record of the extent map can describe, in blocks.
inline constexpr std::uint64_t kExtentMax = (std::uint64_t{1} << 21) - 1;

/// Where the file system's free space begins to be scarce: 1 to 5 hundredths of its blocks.
template <class W>
struct LowSpace {
  BOOST_HANA_DEFINE_STRUCT(LowSpace,
    (W, one),
    (W, two),
    (W, three),
    (W, four),
    (W, five)
  );
};

/// The thresholds of a file system of `hundredth` * 100 blocks.
template <Word W>
LowSpace<W> low_space_of(const W& hundredth) {
  const W two = hundredth + hundredth;
  return {hundredth, two, two + hundredth, two + two, two + two + hundredth};
}

/// The limits of one quota record, and what is reserved in it.
template <class W>
struct QuotaSpace {
  BOOST_HANA_DEFINE_STRUCT(QuotaSpace,
    (W, enforced),   // 1: it has limits and they are kept
    (W, reserved),   // blocks used and promised
    (W, watermark),  // above it preallocation is throttled: the soft limit, or 95 % of the hard one
    (W, limit),      // at it there is none: the hard limit; 0: none
    (W, one),        // 1, 3 and 5 hundredths of the limit
    (W, three),
    (W, five)
  );
};

/// How the quota records together limit a preallocation.
template <class W>
struct QuotaThrottle {
  BOOST_HANA_DEFINE_STRUCT(QuotaThrottle,
    (W, blocks),  // at most so many, before the shift
    (W, shift),   // halved so many times
    (W, free)     // the least that the file system or a quota record has left
  );
};

/// All that the size of a preallocation depends on.
template <class W>
struct PreallocFacts {
  BOOST_HANA_DEFINE_STRUCT(PreallocFacts,
    (W, fixed),          // 1: the size is given with the mount (allocsize=)
    (W, block_shift),    // log2 of the bytes of a block
    (W, file_size),      // bytes
    (W, file_size_max),  // bytes (s_maxbytes)
    (W, allocsize),      // the least that is asked for; a power of two
    (W, stripe),         // the stripe unit; a power of two, 0 for none
    (W, has_previous),   // 1: an extent lies before the write
    (W, hole_before),    // 1: it does not reach up to the write
    (W, base),           // length of the run that it ends, see prealloc_want()
    (W, pos),            // bytes; the write
    (W, count),          // bytes; what one call of begin maps of it
    (W, free),           // the free counter
    (LowSpace<W>, low_space),
    (QuotaThrottle<W>, quota)  // quota_throttle() over the file's records
  );
};

/// The largest power of two up to `a`; 0 for 0.
template <Word W>
W round_down_to_power_of_two(const W& a) {
  using spec::rsh;
  W low = a;
  for (std::uint64_t n = 1; n < 64; n += n) low = low | rsh(low, W{n});
  return low - rsh(low, W{1});
}

/// The block that holds byte `pos`, and the first block that starts at or past it.
template <Word W>
W block_of(const W& pos, const W& block_shift) {
  using spec::rsh;
  return rsh(pos, block_shift);
}
template <Word W>
W block_from(const W& pos, const W& block_shift) {
  using spec::lsh, spec::rsh;
  return rsh(pos + lsh(W{1}, block_shift) - 1, block_shift);
}

/// (a) Twice the run of real extents, without a gap in file or device, that ends where the write
/// begins. A run too long to double counts as the offset does, so that large files always reach the
/// longest extent. base: of at most kExtentMax / 2 and one more extent.
template <Word W>
W prealloc_want(const W& base, const W& offset) {
  using spec::ite, spec::lsh;
  const W twice = lsh(base, W{1});
  return ite(twice <= kExtentMax, twice, offset);
}

/// The part of `want` that may become one extent: up to a power of two, so that halving keeps it
/// one.
template <Word W>
W prealloc_of_one_extent(const W& want) {
  return min(want, W{kExtentMax + 1});
}

/// (b) How often the size is halved because the file system has little space left.
template <Word W>
W prealloc_shift(const W& free, const LowSpace<W>& low) {
  using spec::ite;
  const W below_five = ite(free < low.four, W{1}, W{0}) + ite(free < low.three, W{1}, W{0}) +
                       ite(free < low.two, W{1}, W{0}) + ite(free < low.one, W{1}, W{0});
  return ite(free < low.five, below_five + 2, W{0});
}

/// (b) Folds one quota record into `so_far`, which starts as {want, 0, free} with the want of
/// prealloc_want(). A record throttles if one extent more would pass its watermark; how much it
/// leaves is compared with all of `want`, as Linux does.
template <Word W>
QuotaThrottle<W> quota_throttle(
    const QuotaSpace<W>& quota, const W& want, const QuotaThrottle<W>& so_far) {
  using spec::ite, spec::rsh;
  const auto throttles = quota.enforced == 1 && quota.limit != 0 &&
                         quota.watermark <= quota.reserved + prealloc_of_one_extent(want);
  const auto is_full = quota.limit <= quota.reserved;
  const W left = ite(is_full, W{0}, quota.limit - quota.reserved);
  const W steps = ite(left < quota.three, W{2}, W{0}) + ite(left < quota.one, W{2}, W{0});
  const W shift = ite(!is_full && left < quota.five, steps + 2, W{0});
  const auto is_least =
      throttles && (is_full || rsh(left, shift) < rsh(so_far.blocks, so_far.shift));
  return {
      ite(is_least, left, so_far.blocks), ite(is_least, shift, so_far.shift),
      ite(throttles, min(left, so_far.free), so_far.free)};
}

/// (c) The size that is left of `want`: a power of two, or kExtentMax, or `allocsize`.
template <Word W>
W prealloc_round(
    const W& want, const W& space_shift, const QuotaThrottle<W>& quota, const W& least) {
  using spec::ite, spec::rsh;
  const W left = min(prealloc_of_one_extent(want), quota.blocks);
  const W throttled = rsh(left, max(space_shift, quota.shift));
  W size = min(round_down_to_power_of_two(throttled), W{kExtentMax});
  // Divide by 16 until it is less than the free space. Six rounds bring any size to 0.
  for (int i = 0; i < 6; ++i) size = ite(quota.free <= size, rsh(size, W{4}), size);
  return max(size, least);
}

/// (a) to (c): blocks beyond the write; 0 for none.
template <Word W>
W prealloc_size(const PreallocFacts<W>& facts) {
  using spec::ite, spec::lsh;
  const auto is_small = facts.file_size < lsh(facts.allocsize, facts.block_shift);
  const auto takes_least = facts.file_size < lsh(facts.stripe, facts.block_shift) ||
                           facts.has_previous == 0 || facts.hole_before == 1;
  const W want = prealloc_want(facts.base, block_from(facts.pos, facts.block_shift));
  const W shift = prealloc_shift(facts.free, facts.low_space);
  const W size = prealloc_round(want, shift, facts.quota, facts.allocsize);
  const W dynamic = ite(is_small, W{0}, ite(takes_least, facts.allocsize, size));
  return ite(facts.fixed == 1, facts.allocsize, dynamic);
}

/// The first block past what the write itself asks for.
template <Word W>
W requested_end(const PreallocFacts<W>& facts) {
  return block_from(min(facts.pos + facts.count, facts.file_size_max), facts.block_shift);
}

/// (d) The block where the reservation ends, with a preallocation of `size`. requested_end() if
/// that is 0.
template <Word W>
W prealloc_end(const PreallocFacts<W>& facts, const W& size) {
  using spec::ite, spec::lsh;
  const W last = block_of(facts.pos + facts.count - 1, facts.block_shift);
  const W end = round_down(last, facts.allocsize) + size;
  const auto is_striped =
      facts.stripe != 0 && lsh(facts.stripe, facts.block_shift) <= facts.file_size;
  const W unit = ite(is_striped, facts.stripe, W{1});
  const W most = block_from(facts.file_size_max, facts.block_shift);
  return ite(size == 0, requested_end(facts), min(round_up(end, unit), most));
}

/// One preallocation as it was made.
template <class W>
struct Prealloc {
  BOOST_HANA_DEFINE_STRUCT(Prealloc,
    (PreallocFacts<W>, facts),
    (W, at_end),  // 1: the data fork has no extent at or past the write
    (W, size),    // blocks: after stage (c)
    (W, blocks)   // how many are added to the request: after stage (d)
  );
};

inline constexpr auto prealloc_is_the_rule = clause(
    {.operation = "prealloc",
     .name = "is_the_rule",
     .says = "The size of a preallocation follows from the extents before the write, free space "
             "and quota alone.",
     .source = "5.2"},
    []<class W>(const Prealloc<W>& op) {
      return op.size == prealloc_size(op.facts) &&
             op.blocks == prealloc_end(op.facts, op.size) - requested_end(op.facts);
    });

inline constexpr auto prealloc_only_where_the_file_grows = clause(
    {.operation = "prealloc",
     .name = "only_where_the_file_grows",
     .says =
         "Preallocation adds blocks only to a write past the size, with no extent at or past it.",
     .source = "5.1 step 7, PRE-2"},
    []<class W>(const Prealloc<W>& op) {
      return implies(
          op.blocks != 0, op.at_end == 1 && op.facts.file_size < op.facts.pos + op.facts.count);
    });

inline constexpr auto prealloc_stays_in_limits = clause(
    {.operation = "prealloc",
     .name = "stays_in_limits",
     .says =
         "A preallocation ends within the largest file, and is no longer than the longest extent.",
     .source = "PRE-1"},
    []<class W>(const Prealloc<W>& op) {
      const W most = block_from(op.facts.file_size_max, op.facts.block_shift);
      return requested_end(op.facts) + op.blocks <= most &&
             op.size <= max(W{kExtentMax}, op.facts.allocsize);
    });

inline constexpr auto prealloc_yields_to_scarcity = clause(
    {.operation = "prealloc",
     .name = "yields_to_scarcity",
     .says = "A preallocation is empty, the minimum, or smaller than the free space.",
     .source = "5.2"},
    []<class W>(const Prealloc<W>& op) {
      return op.size == 0 || op.size == op.facts.allocsize || op.size < op.facts.free;
    });

inline constexpr auto prealloc_clauses = boost::hana::make_tuple(
    prealloc_is_the_rule, prealloc_only_where_the_file_grows, prealloc_stays_in_limits,
    prealloc_yields_to_scarcity);

template <class W>
constexpr const auto& clauses_of(const Prealloc<W>&) {
  return prealloc_clauses;
}

}  // namespace quire::spec
