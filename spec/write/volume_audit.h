// A volume between two calls, and the errors that handles have seen, counted anew by an auditor
// (spec/write/audit.h). spec/write/failed_call.h has the counts of blocks (Books).
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// A whole volume, but for the counts of blocks (Books).
template <class W>
struct VolumeAudit {
  BOOST_HANA_DEFINE_STRUCT(VolumeAudit,
    (W, dirty),             // bytes of the blocks that are marked dirty, of all files
    (W, dirty_counted),     // the volume's own count of them
    (W, order_broken),      // 1: the dirty files are not listed in the order they turned dirty
    (W, mapped),            // blocks of the device that block maps name, each once
    (W, mapped_again),      // how often they name one that another place names, too
    (W, granted),           // blocks that the allocator's marks say are in use
    (W, mapped_ungranted),  // blocks that block maps name and no mark does
    (W, marks_wrong),       // summaries and counts of the marks that differ from the marks
    (W, ahead_wrong),       // preallocations that are empty, overlap or leave the device
    (W, folio_bytes),       // of all folios of all indices
    (W, memory_bytes)       // that are allocated for folios
  );
};

inline constexpr auto volume_counts_dirty_bytes = clause(
    {.operation = "volume_audit",
     .name = "counts_dirty_bytes",
     .says = "A volume's count of dirty bytes is the bytes of the dirty blocks of its files.",
     .source = "BDP-5, BDP-6"},
    []<class W>(const VolumeAudit<W>& v) { return v.dirty == v.dirty_counted; });

inline constexpr auto dirty_files_are_in_order = clause(
    {.operation = "volume_audit",
     .name = "dirty_files_are_in_order",
     .says = "Dirty files are listed in the order in which they turned dirty.",
     .source = "BDP-6"},
    []<class W>(const VolumeAudit<W>& v) { return v.order_broken == 0; });

inline constexpr auto block_has_one_owner = clause(
    {.operation = "volume_audit",
     .name = "block_has_one_owner",
     .says = "No block of the device is mapped at two places.",
     .source = "ACC-1, O4"},
    []<class W>(const VolumeAudit<W>& v) { return v.mapped_again == 0; });

inline constexpr auto marks_are_the_mapped_blocks = clause(
    {.operation = "volume_audit",
     .name = "marks_are_the_mapped_blocks",
     .says = "The allocator's marks say that exactly the mapped blocks are in use.",
     .source = "ACC-1, O4"},
    []<class W>(const VolumeAudit<W>& v) {
      return v.granted == v.mapped && v.mapped_ungranted == 0;
    });

inline constexpr auto marks_are_summed_up = clause(
    {.operation = "volume_audit",
     .name = "marks_are_summed_up",
     .says = "The counts and summaries of the allocator's marks follow the marks.",
     .source = "ACC-1"},
    []<class W>(const VolumeAudit<W>& v) { return v.marks_wrong == 0; });

inline constexpr auto preallocations_are_disjoint = clause(
    {.operation = "volume_audit",
     .name = "preallocations_are_disjoint",
     .says = "Preallocations of files are not empty, lie on the device and have no block in "
             "common.",
     .source = "PRE-1"},
    []<class W>(const VolumeAudit<W>& v) { return v.ahead_wrong == 0; });

inline constexpr auto memory_is_that_of_the_folios = clause(
    {.operation = "volume_audit",
     .name = "memory_is_that_of_the_folios",
     .says = "Between calls the memory of folios is that of the folios in an index: one that "
             "leaves it is freed.",
     .source = "PC-2, PC-9"},
    []<class W>(const VolumeAudit<W>& v) { return v.folio_bytes == v.memory_bytes; });

inline constexpr auto volume_audit_clauses = boost::hana::make_tuple(
    volume_counts_dirty_bytes, dirty_files_are_in_order, block_has_one_owner,
    marks_are_the_mapped_blocks, marks_are_summed_up, preallocations_are_disjoint,
    memory_is_that_of_the_folios);

template <class W>
constexpr const auto& clauses_of(const VolumeAudit<W>&) {
  return volume_audit_clauses;
}

/// A handle's cursor, and the word of errors that it belongs to.
template <class W>
struct CursorAudit {
  BOOST_HANA_DEFINE_STRUCT(CursorAudit,
    (W, word_errno),    // positive; 0: there never was an error
    (W, word_seen),     // 1: a handle has seen it
    (W, word_number),   // seen errors before it
    (W, cursor_errno),  // of the cursor; 0: it has seen none
    (W, cursor_seen),
    (W, cursor_number)
  );
};

inline constexpr auto error_word_has_an_errno = clause(
    {.operation = "cursor_audit",
     .name = "error_word_has_an_errno",
     .says = "A word of errors is empty or has an errno.",
     .source = "ES-4, ES-5"},
    []<class W>(const CursorAudit<W>& c) {
      return implies(c.word_errno == 0, c.word_seen == 0 && c.word_number == 0) &&
             c.word_errno <= kErrorsMax;
    });

inline constexpr auto cursor_is_a_seen_error = clause(
    {.operation = "cursor_audit",
     .name = "is_a_seen_error",
     .says = "A handle's cursor is empty, or the error of the word once it was seen, or one before "
             "it.",
     .source = "ES-1, ES-2"},
    []<class W>(const CursorAudit<W>& c) {
      const auto is_empty = c.cursor_errno == 0 && c.cursor_seen == 0 && c.cursor_number == 0;
      const auto is_the_word =
          c.cursor_number == c.word_number && c.word_seen == 1 && c.cursor_errno == c.word_errno;
      return is_empty || (c.cursor_errno != 0 && c.cursor_seen == 1 &&
                          (is_the_word || c.cursor_number < c.word_number));
    });

inline constexpr auto cursor_audit_clauses =
    boost::hana::make_tuple(error_word_has_an_errno, cursor_is_a_seen_error);

template <class W>
constexpr const auto& clauses_of(const CursorAudit<W>&) {
  return cursor_audit_clauses;
}

}  // namespace quire::spec
