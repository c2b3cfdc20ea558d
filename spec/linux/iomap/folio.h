// Changes of cached folios under a mapping, and the bytes that a failed write drops.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One folio that was prepared under a mapping, once it is known whether it changes.
template <class W>
struct IomapChange {
  BOOST_HANA_DEFINE_STRUCT(IomapChange,
    (W, map_pos),       // the mapping
    (W, map_end),
    (W, pos),           // the range that was prepared
    (W, length),
    (W, changed),       // 1: bytes of it were changed or turned dirty
    (W, asked_locked),  // 1: the folio was locked when the mapping was checked
    (W, valid)          // 1: the mapping was valid then
  );
};

inline constexpr auto changes_only_under_a_valid_mapping = clause(
    {.operation = "iomap_folio",
     .name = "changes_only_under_a_valid_mapping",
     .says =
         "A folio changes only under a mapping that was found valid after the folio was locked.",
     .source = "IOM-2"},
    []<class W>(const IomapChange<W>& c) {
      return implies(c.changed != 0, c.asked_locked == 1 && c.valid == 1);
    });

inline constexpr auto change_lies_in_the_mapping = clause(
    {.operation = "iomap_folio",
     .name = "change_lies_in_the_mapping",
     .says = "The range prepared of a folio lies within the mapping.",
     .source = "IOM-3"},
    []<class W>(const IomapChange<W>& c) {
      return c.map_pos <= c.pos && c.pos + c.length <= c.map_end;
    });

inline constexpr auto iomap_change_clauses =
    boost::hana::make_tuple(changes_only_under_a_valid_mapping, change_lies_in_the_mapping);

template <class W>
constexpr const auto& clauses_of(const IomapChange<W>&) {
  return iomap_change_clauses;
}

/// The bytes of one folio that were dropped or zeroed after [pos, pos + length) was rejected.
template <class W>
struct IomapForget {
  BOOST_HANA_DEFINE_STRUCT(IomapForget,
    (W, pos),
    (W, length),
    (W, size),  // the file's in-core size, bytes
    (W, from),  // first byte of the file that was dropped or zeroed
    (W, end)    // and the first byte past them
  );
};

inline constexpr auto failed_write_drops_nothing_of_the_file = clause(
    {.operation = "iomap_folio",
     .name = "failed_write_drops_nothing_of_the_file",
     .says = "A failed write drops cached bytes only within its own range and past the file size.",
     .source = "IOM-5"},
    []<class W>(const IomapForget<W>& f) {
      return f.size <= f.from && f.pos <= f.from && f.end <= f.pos + f.length;
    });

inline constexpr auto iomap_forget_clauses =
    boost::hana::make_tuple(failed_write_drops_nothing_of_the_file);

template <class W>
constexpr const auto& clauses_of(const IomapForget<W>&) {
  return iomap_forget_clauses;
}

/// One byte of the gap that a write past the end left below it, in the folio of the old end.
template <class W>
struct IomapGap {
  BOOST_HANA_DEFINE_STRUCT(IomapGap,
    (W, old_size),   // bytes
    (W, write_pos),  // where the write that moved the size began
    (W, pos),        // the byte's position in the file
    (W, uptodate),   // 1: its block is
    (W, value)
  );
};

inline constexpr auto gap_reads_as_zero = clause(
    {.operation = "iomap_folio",
     .name = "gap_reads_as_zero",
     .says = "Cached bytes between the old end of the file and a write past it are zero.",
     .source = "WB-7"},
    []<class W>(const IomapGap<W>& g) {
      const auto in_gap = g.old_size <= g.pos && g.pos < g.write_pos;
      return implies(in_gap && g.uptodate == 1, g.value == 0);
    });

inline constexpr auto iomap_gap_clauses = boost::hana::make_tuple(gap_reads_as_zero);

template <class W>
constexpr const auto& clauses_of(const IomapGap<W>&) {
  return iomap_gap_clauses;
}

}  // namespace quire::spec
