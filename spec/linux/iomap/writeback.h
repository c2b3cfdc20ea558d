// Writeback of one folio through iomap, and of the runs that its blocks are collected into.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// The progress of one folio's writeback, in bytes.
template <class W>
struct WritebackCount {
  BOOST_HANA_DEFINE_STRUCT(WritebackCount,
    (W, size),       // of the folio
    (W, submitted),  // collected for the device so far
    (W, pending)     // not yet complete; the folio's writeback ends at 0
  );
};

/// One step of the count: bytes were collected, the folio's last block was passed, or bytes
/// completed.
template <class W>
struct WritebackStep {
  BOOST_HANA_DEFINE_STRUCT(WritebackStep,
    (WritebackCount<W>, after),
    (W, completed),     // bytes that the device has completed so far
    (W, collected),     // 1: all blocks of the folio have been passed
    (W, ended_before),  // 1: an earlier step ended the folio's writeback
    (W, ended)          // 1: this step did
  );
};

inline constexpr auto pending_is_what_may_still_come = clause(
    {.operation = "iomap_writeback",
     .name = "pending_is_what_may_still_come",
     .says = "Until all blocks are collected the whole folio is pending; from then on the "
             "collected bytes less the completed ones are.",
     .source = "WBK-1"},
    []<class W>(const WritebackStep<W>& s) {
      const W expected = ite(s.collected == 1, s.after.submitted, s.after.size);
      return s.after.submitted <= s.after.size && s.completed <= s.after.submitted &&
             s.after.pending == expected - s.completed;
    });

inline constexpr auto writeback_ends_with_the_last_block = clause(
    {.operation = "iomap_writeback",
     .name = "writeback_ends_with_the_last_block",
     .says = "A folio's writeback ends once, in the step after which all collected bytes are "
             "complete and no more can be collected.",
     .source = "WBK-1"},
    []<class W>(const WritebackStep<W>& s) {
      const auto nothing_comes = s.collected == 1 || s.after.submitted == s.after.size;
      return iff(
          s.ended == 1, s.ended_before == 0 && nothing_comes && s.completed == s.after.submitted);
    });

inline constexpr auto writeback_step_clauses =
    boost::hana::make_tuple(pending_is_what_may_still_come, writeback_ends_with_the_last_block);

template <class W>
constexpr const auto& clauses_of(const WritebackStep<W>&) {
  return writeback_step_clauses;
}

/// One folio's writeback, when it has ended. All counts are bytes of whole blocks.
template <class W>
struct FolioWriteback {
  BOOST_HANA_DEFINE_STRUCT(FolioWriteback,
    (W, folio_pos),       // first byte of the folio in the file
    (W, folio_size),
    (W, size),            // the file's in-core size when its blocks were collected
    (W, dirty_below),     // dirty blocks below the size, rounded up to a block
    (W, submitted),       // collected for the device
    (W, over_holes),      // dirty blocks over a hole
    (W, unmapped),        // dirty blocks for which the file system had an error
    (W, dirty_after),     // blocks still dirty when all had been passed
    (W, tail_is_zero),    // 1: past the size the folio is zero
    (W, flag_at_submit),  // 1: the writeback flag was set when the first block was collected
    (W, flag_after),      // 1: it is still set
    (W, ends),            // how often it was cleared
    (W, failed),          // 1: the device or the file system had an error for it
    (W, errors_recorded), // how often an error was recorded for it
    (W, stale_after)      // blocks that were uptodate and no longer are
  );
};

inline constexpr auto writes_what_is_dirty = clause(
    {.operation = "iomap_writeback",
     .name = "writes_what_is_dirty",
     .says = "Writeback collects exactly the dirty blocks below the size rounded up to a block, "
             "but for those without a mapping; afterwards no block is dirty.",
     .source = "WBK-1"},
    []<class W>(const FolioWriteback<W>& f) {
      return f.submitted + f.over_holes + f.unmapped == f.dirty_below && f.dirty_after == 0;
    });

inline constexpr auto flag_stands_from_first_to_last = clause(
    {.operation = "iomap_writeback",
     .name = "flag_stands_from_first_to_last",
     .says =
         "The writeback flag is set before the first block is collected, and cleared exactly once.",
     .source = "WBK-1"},
    []<class W>(const FolioWriteback<W>& f) {
      return implies(f.submitted != 0, f.flag_at_submit == 1) && f.flag_after == 0 && f.ends == 1;
    });

inline constexpr auto past_the_size_is_zero = clause(
    {.operation = "iomap_writeback",
     .name = "past_the_size_is_zero",
     .says = "Each writeback of a folio zeroes it past the size.",
     .source = "3.7"},
    []<class W>(const FolioWriteback<W>& f) {
      return implies(
          f.folio_pos < f.size && f.size < f.folio_pos + f.folio_size, f.tail_is_zero == 1);
    });

inline constexpr auto error_is_recorded_once = clause(
    {.operation = "iomap_writeback",
     .name = "error_is_recorded_once",
     .says = "A folio whose writeback fails has its error recorded once; its blocks stay uptodate "
             "and do not turn dirty again.",
     .source = "WBK-3"},
    []<class W>(const FolioWriteback<W>& f) {
      return f.errors_recorded == f.failed && f.stale_after == 0 && f.dirty_after == 0;
    });

inline constexpr auto folio_writeback_clauses = boost::hana::make_tuple(
    writes_what_is_dirty, flag_stands_from_first_to_last, past_the_size_is_zero,
    error_is_recorded_once);

template <class W>
constexpr const auto& clauses_of(const FolioWriteback<W>&) {
  return folio_writeback_clauses;
}

/// A run of blocks when it is submitted to the device.
template <class W>
struct IoendSubmit {
  BOOST_HANA_DEFINE_STRUCT(IoendSubmit,
    (W, pos),         // bytes of the file
    (W, length),      // bytes that its completion may count as the file's
    (W, blocks_end),  // first byte of the file past its last block
    (W, map_pos),     // its mapping
    (W, map_end),
    (W, block_size),  // bytes
    (W, size)         // the largest in-core size when its folios' blocks were collected
  );
};

inline constexpr auto run_ends_at_the_size = clause(
    {.operation = "iomap_writeback",
     .name = "run_ends_at_the_size",
     .says = "A run counts for the bytes up to the size when its blocks were collected, so that "
             "the size on disk never passes the end that the file had then.",
     .source = "WBK-2"},
    []<class W>(const IoendSubmit<W>& r) {
      return r.length != 0 && r.pos + r.length == min(r.blocks_end, r.size);
    });

inline constexpr auto run_lies_in_its_mapping = clause(
    {.operation = "iomap_writeback",
     .name = "run_lies_in_its_mapping",
     .says = "A run consists of whole blocks, and its mapping covers them.",
     .source = "3.7"},
    []<class W>(const IoendSubmit<W>& r) {
      return r.map_pos <= r.pos && r.blocks_end <= r.map_end && (r.pos & (r.block_size - 1)) == 0 &&
             (r.blocks_end & (r.block_size - 1)) == 0;
    });

inline constexpr auto ioend_submit_clauses =
    boost::hana::make_tuple(run_ends_at_the_size, run_lies_in_its_mapping);

template <class W>
constexpr const auto& clauses_of(const IoendSubmit<W>&) {
  return ioend_submit_clauses;
}

}  // namespace quire::spec
