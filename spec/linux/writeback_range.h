// Writeback of a range of a file's page cache: the folios that a pass writes, and its result.
//
// Ranges are as in spec/linux/page_cache.h. Records name any one folio.
#pragma once

#include "spec/clause.h"
#include "spec/linux/page_cache.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// One folio in one pass of writeback.
template <class W>
struct FolioPass {
  BOOST_HANA_DEFINE_STRUCT(FolioPass,
    (W, lstart),
    (W, lend),
    (W, folio_pos),
    (W, folio_size),
    (W, dirty_at_start),  // 1: it was in the cache, and dirty, when the pass began
    (W, tagged),          // 1: the pass tagged it then
    (W, present),         // 1: it was in the cache at its turn
    (W, dirty_at_turn),   // 1: and dirty
    (W, stopped),         // 1: the pass had ended before
    (W, written),         // 1: it was written
    (W, writable_pages),  // of it that a user could store to without a fault while it was written
    (W, dirty_blocks),    // of it that were still dirty while it was written
    (W, locked)           // 1: it was locked while it was written
  );
};

inline constexpr auto tags_what_is_dirty_first = clause(
    {.operation = "writeback_pass",
     .name = "tags_what_is_dirty_first",
     .says = "A pass writes only folios of its range, end included, that were dirty when it began: "
             "it does not chase those dirtied later.",
     .source = "PC-4, PC-1"},
    []<class W>(const FolioPass<W>& f) {
      return iff(f.tagged == 1,
                 f.dirty_at_start == 1 && in_range(f.lstart, f.lend, f.folio_pos, f.folio_size)) &&
             implies(f.written == 1, f.tagged == 1);
    });

inline constexpr auto writes_what_is_still_there = clause(
    {.operation = "writeback_pass",
     .name = "writes_what_is_still_there",
     .says =
         "A tagged folio is written unless it is gone or clean by its turn, or the pass has ended.",
     .source = "PC-4, PC-5"},
    []<class W>(const FolioPass<W>& f) {
      return implies(
          f.tagged == 1,
          iff(f.written == 1, f.present == 1 && f.dirty_at_turn == 1 && f.stopped == 0));
    });

inline constexpr auto clears_dirty_before_it_writes = clause(
    {.operation = "writeback_pass",
     .name = "clears_dirty_before_it_writes",
     .says = "A folio is written with its lock held, its pages write-protected and its dirty bits "
             "cleared: a later store belongs to the next pass.",
     .source = "PC-6"},
    []<class W>(const FolioPass<W>& f) {
      return implies(f.written == 1, f.locked == 1 && f.writable_pages == 0 && f.dirty_blocks == 0);
    });

inline constexpr auto folio_pass_clauses = boost::hana::make_tuple(
    tags_what_is_dirty_first, writes_what_is_still_there, clears_dirty_before_it_writes);

template <class W>
constexpr const auto& clauses_of(const FolioPass<W>&) {
  return folio_pass_clauses;
}

/// One pass of writeback over a range.
template <class W>
struct WritebackPass {
  BOOST_HANA_DEFINE_STRUCT(WritebackPass,
    (W, integrity),      // 1: for fsync; 0: to clean memory
    (W, pages_max),      // that a pass without integrity is to write
    (W, pages_written),
    (W, pages_before_last),  // of them, before the folio that was written last
    (W, errors),         // folios that failed
    (W, first_error),    // 0 or a negative errno
    (W, stopped),        // 1: it ended with folios untried, for an error or its number of pages
    (W, answer)
  );
};

inline constexpr auto integrity_tries_everything = clause(
    {.operation = "writeback_pass",
     .name = "integrity_tries_everything",
     .says = "A pass for fsync goes on after an error; any other ends at its first error, or at "
             "its number of pages.",
     .source = "PC-4"},
    []<class W>(const WritebackPass<W>& p) {
      return implies(p.integrity == 1, p.stopped == 0) &&
             implies(
                 p.integrity == 0,
                 p.errors <= 1 &&
                     implies(p.pages_written != 0, p.pages_before_last < p.pages_max) &&
                     implies(p.stopped == 1, p.errors == 1 || p.pages_max <= p.pages_written));
    });

inline constexpr auto first_error_is_answered = clause(
    {.operation = "writeback_pass",
     .name = "first_error_is_answered",
     .says = "A pass returns the first error that it met.",
     .source = "PC-4"},
    []<class W>(const WritebackPass<W>& p) {
      return p.answer == p.first_error && iff(p.errors == 0, p.answer == 0);
    });

inline constexpr auto writeback_pass_clauses =
    boost::hana::make_tuple(integrity_tries_everything, first_error_is_answered);

template <class W>
constexpr const auto& clauses_of(const WritebackPass<W>&) {
  return writeback_pass_clauses;
}

/// One call that writes a range and waits for it.
template <class W>
struct WriteAndWait {
  BOOST_HANA_DEFINE_STRUCT(WriteAndWait,
    (W, lstart),
    (W, lend),
    (W, wrote),        // 1: a pass was made
    (W, waited),       // 1: it waited for folios under writeback
    (W, pass_error),   // of the pass
    (W, flags_error),  // of earlier writeback, from the file's flags
    (W, answer)
  );
};

inline constexpr auto waits_for_its_range = clause(
    {.operation = "write_and_wait",
     .name = "waits_for_its_range",
     .says = "A range that ends before it starts returns 0 and does nothing else; EIO from "
             "starting writeback is returned without a wait, any other error after it.",
     .source = "PC-1, 8"},
    []<class W>(const WriteAndWait<W>& c) {
      const auto empty = c.lend < c.lstart;
      return iff(c.wrote == 1, !empty) && implies(empty, c.answer == 0 && c.waited == 0) &&
             implies(!empty, iff(c.waited == 1, c.pass_error != error(EIO)));
    });

inline constexpr auto answers_its_own_error_first = clause(
    {.operation = "write_and_wait",
     .name = "answers_its_own_error_first",
     .says = "The call returns its own error before one that earlier writeback has left.",
     .source = "8, PC-4"},
    []<class W>(const WriteAndWait<W>& c) {
      return implies(c.wrote == 1, c.answer == ite(c.pass_error != 0, c.pass_error, c.flags_error));
    });

inline constexpr auto write_and_wait_clauses =
    boost::hana::make_tuple(waits_for_its_range, answers_its_own_error_first);

template <class W>
constexpr const auto& clauses_of(const WriteAndWait<W>&) {
  return write_and_wait_clauses;
}

}  // namespace quire::spec
