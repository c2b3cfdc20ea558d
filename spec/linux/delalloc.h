// The release of delayed blocks that a write reserved and did not use.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One block of a range that is released.
template <class W>
struct DelallocRelease {
  BOOST_HANA_DEFINE_STRUCT(DelallocRelease,
    (W, start),        // the range, bytes of the file
    (W, end),
    (W, size),         // the file's in-core size, bytes
    (W, block_pos),    // first byte of the block in the file
    (W, dirty),        // 1: it is dirty in the cache
    (W, punched),      // how often its reservation was released
    (W, cached),       // 1: it was cached before the release
    (W, still_cached)  // 1: and after it
  );
};

inline constexpr auto backs_exactly_what_is_dirty = clause(
    {.operation = "delalloc_release",
     .name = "backs_exactly_what_is_dirty",
     .says = "A block keeps its reservation exactly if it is dirty and below the size; the "
             "reservation of any other block is released once.",
     .source = "DA-1"},
    []<class W>(const DelallocRelease<W>& r) {
      const auto keeps = r.dirty == 1 && r.block_pos < r.size;
      return r.punched == ite(keeps, W{0}, W{1});
    });

inline constexpr auto release_drops_no_cache = clause(
    {.operation = "delalloc_release",
     .name = "release_drops_no_cache",
     .says = "Releasing reservations drops nothing from the page cache: a store through a mapping "
             "of the file may have dirtied it.",
     .source = "DA-3"},
    []<class W>(const DelallocRelease<W>& r) { return r.still_cached == r.cached; });

inline constexpr auto delalloc_release_clauses =
    boost::hana::make_tuple(backs_exactly_what_is_dirty, release_drops_no_cache);

template <class W>
constexpr const auto& clauses_of(const DelallocRelease<W>&) {
  return delalloc_release_clauses;
}

/// One punch: a reservation is released.
template <class W>
struct DelallocPunch {
  BOOST_HANA_DEFINE_STRUCT(DelallocPunch,
    (W, start),       // the range that is released, bytes of the file
    (W, end),
    (W, block_size),  // bytes
    (W, pos),         // the punch
    (W, length)
  );
};

inline constexpr auto punches_whole_blocks_of_the_range = clause(
    {.operation = "delalloc_release",
     .name = "punches_whole_blocks_of_the_range",
     .says = "A punch covers whole blocks, at least one, and none outside the range.",
     .source = "DA-2"},
    []<class W>(const DelallocPunch<W>& p) {
      return p.length != 0 && p.start <= p.pos && p.pos + p.length <= p.end &&
             (p.pos & (p.block_size - 1)) == 0 && (p.length & (p.block_size - 1)) == 0;
    });

inline constexpr auto delalloc_punch_clauses =
    boost::hana::make_tuple(punches_whole_blocks_of_the_range);

template <class W>
constexpr const auto& clauses_of(const DelallocPunch<W>&) {
  return delalloc_punch_clauses;
}

/// The part of a newly reserved mapping that a write left unused.
template <class W>
struct UnusedRange {
  BOOST_HANA_DEFINE_STRUCT(UnusedRange,
    (W, pos),         // the range that begin was asked for
    (W, length),
    (W, written),     // bytes of it that were done
    (W, block_size),  // bytes
    (W, start),       // the part that is unused; empty where end <= start
    (W, end),
    (W, is_new)       // 1: that begin reserved the mapping
  );
};

inline constexpr auto unused_starts_behind_the_last_written_block = clause(
    {.operation = "delalloc_release",
     .name = "unused_starts_behind_the_last_written_block",
     .says =
         "The unused range starts at the first block past the last written byte, or at the first "
         "block of the range if nothing was written, and ends with the last block of the range.",
     .source = "3.5"},
    []<class W>(const UnusedRange<W>& u) {
      const W past = round_up(u.pos + u.written, u.block_size);
      return u.start == ite(u.written == 0, round_down(u.pos, u.block_size), past) &&
             u.end == round_up(u.pos + u.length, u.block_size);
    });

inline constexpr auto releases_its_own = clause(
    {.operation = "delalloc_release",
     .name = "releases_its_own",
     .says = "A write releases what its own begin reserved: what was reserved before backs dirty "
             "blocks, or those of an append to come.",
     .source = "3.5, DA-1"},
    []<class W>(const UnusedRange<W>& u) { return u.is_new == 1; });

inline constexpr auto unused_range_clauses =
    boost::hana::make_tuple(unused_starts_behind_the_last_written_block, releases_its_own);

template <class W>
constexpr const auto& clauses_of(const UnusedRange<W>&) {
  return unused_range_clauses;
}

}  // namespace quire::spec
