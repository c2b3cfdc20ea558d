// Operations on a range of a file's page cache: truncate, invalidate, find. Writeback of a range
// is in spec/linux/writeback_range.h.
//
// Ranges are [lstart, lend] in bytes, the end included (PC-1); an end of 2^64 - 1 means no end.
// Records name any one folio, or any one byte.
#pragma once

#include "spec/clause.h"
#include "spec/geometry.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <cstdint>

namespace quire::spec {

/// Whether bytes [pos, pos + size) and [lstart, lend] have one in common.
template <Word W>
TruthOf<W> in_range(const W& lstart, const W& lend, const W& pos, const W& size) {
  return lstart < pos + size && pos <= lend;
}

/// One byte of the cache, before and after a range of it was cut.
template <class W>
struct CutByte {
  BOOST_HANA_DEFINE_STRUCT(CutByte,
    (W, lstart),
    (W, lend),
    (W, pos),           // of the byte, which was cached
    (W, folio_pos),     // of the folio that held it
    (W, folio_size),
    (W, cached_after),  // 1: a folio holds it
    (W, value),         // the byte, before
    (W, value_after),   // and after, if it is cached
    (W, dirty),         // 1: its block was dirty, before
    (W, dirty_after),   // and after
    (W, mapped),        // 1: its page was mapped by a user, before
    (W, mapped_after)   // and after
  );
};

/// Whether the byte lies in the range that is cut.
template <Word W>
TruthOf<W> is_cut(const CutByte<W>& b) {
  return b.lstart <= b.pos && b.pos <= b.lend;
}

inline constexpr auto cut_bytes_are_gone = clause(
    {.operation = "truncate_range",
     .name = "cut_bytes_are_gone",
     .says = "After the cut, a byte of the range is zero or no longer cached.",
     .source = "PC-2, PC-1"},
    []<class W>(const CutByte<W>& b) {
      return implies(is_cut(b) && b.cached_after == 1, b.value_after == 0);
    });

inline constexpr auto folios_inside_are_dropped = clause(
    {.operation = "truncate_range",
     .name = "folios_inside_are_dropped",
     .says = "A folio that lies wholly in the range is dropped.",
     .source = "PC-2"},
    []<class W>(const CutByte<W>& b) {
      return implies(
          b.lstart <= b.folio_pos && b.folio_pos + b.folio_size - 1 <= b.lend, b.cached_after == 0);
    });

inline constexpr auto bytes_outside_are_kept = clause(
    {.operation = "truncate_range",
     .name = "bytes_outside_are_kept",
     .says = "A folio across an edge of the range keeps its bytes outside the range, and their "
             "dirty state.",
     .source = "PC-3"},
    []<class W>(const CutByte<W>& b) {
      return implies(
          !is_cut(b), b.cached_after == 1 && b.value_after == b.value && b.dirty_after == b.dirty);
    });

inline constexpr auto only_whole_pages_are_unmapped = clause(
    {.operation = "truncate_range",
     .name = "only_whole_pages_are_unmapped",
     .says = "The cut unmaps every page that lies wholly in the range; a page across an edge stays "
             "mapped.",
     .source = "PC-2"},
    []<class W>(const CutByte<W>& b) {
      const W page = round_down(b.pos, W{kPageSize});
      const auto whole = b.lstart <= page && page + kPageSize - 1 <= b.lend;
      return implies(whole, b.mapped_after == 0) && implies(!whole, b.mapped_after == b.mapped);
    });

inline constexpr auto cut_byte_clauses = boost::hana::make_tuple(
    cut_bytes_are_gone, folios_inside_are_dropped, bytes_outside_are_kept,
    only_whole_pages_are_unmapped);

template <class W>
constexpr const auto& clauses_of(const CutByte<W>&) {
  return cut_byte_clauses;
}

/// One folio of the cache when a range was invalidated.
template <class W>
struct FolioInvalidation {
  BOOST_HANA_DEFINE_STRUCT(FolioInvalidation,
    (W, lstart),
    (W, lend),
    (W, folio_pos),
    (W, folio_size),
    (W, visited),       // 1: the walk came to it
    (W, busy),          // 1: it was dirty, after its users' stores were collected
    (W, mapped_pages),  // of it, afterwards
    (W, dropped),       // 1: it is not cached any more
    (W, answer)         // of the whole call
  );
};

inline constexpr auto goes_on_past_busy_folios = clause(
    {.operation = "invalidate_range",
     .name = "goes_on_past_busy_folios",
     .says = "Every folio of the range is unmapped, and dropped unless it is dirty; a dirty one "
             "makes the call return EBUSY, and the walk goes on.",
     .source = "PC-7"},
    []<class W>(const FolioInvalidation<W>& f) {
      const auto inside = in_range(f.lstart, f.lend, f.folio_pos, f.folio_size);
      return iff(f.visited == 1, inside) &&
             implies(inside, f.mapped_pages == 0 && iff(f.dropped == 1, f.busy == 0)) &&
             implies(!inside, f.dropped == 0) &&
             implies(f.visited == 1 && f.busy == 1, f.answer == error(EBUSY));
    });

inline constexpr auto invalidation_clauses = boost::hana::make_tuple(goes_on_past_busy_folios);

template <class W>
constexpr const auto& clauses_of(const FolioInvalidation<W>&) {
  return invalidation_clauses;
}

/// One folio that was found, or made, and locked.
template <class W>
struct FoundFolio {
  BOOST_HANA_DEFINE_STRUCT(FoundFolio,
    (W, pos),         // byte of the file that was asked for
    (W, size_max),    // bytes that a new folio may have
    (W, folio_pos),
    (W, folio_size),
    (W, made),        // 1: there was none
    (W, locked),      // 1
    (W, in_cache)     // 1: with its lock held, the cache has this folio at pos
  );
};

inline constexpr auto folio_is_aligned = clause(
    {.operation = "find_folio",
     .name = "folio_is_aligned",
     .says = "A folio holds the position asked for, is a power of two of pages aligned to its size "
             "and, if new, no larger than suggested.",
     .source = "PC-8"},
    []<class W>(const FoundFolio<W>& f) {
      return f.folio_pos <= f.pos && f.pos < f.folio_pos + f.folio_size &&
             is_power_of_two(f.folio_size) && kPageSize <= f.folio_size &&
             (f.folio_pos & (f.folio_size - 1)) == 0 &&
             implies(f.made == 1, f.folio_size <= f.size_max);
    });

inline constexpr auto is_rechecked_under_its_lock = clause(
    {.operation = "find_folio",
     .name = "is_rechecked_under_its_lock",
     .says = "A folio is returned only if the cache still has it once its lock is held.",
     .source = "PC-9, WB-1"},
    []<class W>(const FoundFolio<W>& f) { return f.locked == 1 && f.in_cache == 1; });

inline constexpr auto found_folio_clauses =
    boost::hana::make_tuple(folio_is_aligned, is_rechecked_under_its_lock);

template <class W>
constexpr const auto& clauses_of(const FoundFolio<W>&) {
  return found_folio_clauses;
}

}  // namespace quire::spec
