// write_begin and write_end: their effect on one folio in one attempt, and on its blocks.
//
// write_begin prepares a range [pos, pos + length) of one folio. Blocks are judged one at a time: a
// record names any one block of the folio. A test tries each block, a proof leaves it open.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// The state of one cached block: 1 or 0 each.
template <class W>
struct BlockState {
  BOOST_HANA_DEFINE_STRUCT(BlockState,
    (W, uptodate),  // it holds the file's current contents
    (W, dirty)      // it must reach the device
  );
};

/// One folio in one attempt, and one of its blocks.
template <class W>
struct WriteEnd {
  BOOST_HANA_DEFINE_STRUCT(WriteEnd,
    (W, folio_pos),           // first byte of the folio in the file
    (W, folio_size),          // bytes
    (W, pos),                 // first byte written, in the file
    (W, begun),               // bytes that write_begin prepared from pos on
    (W, length),              // bytes that write_end was given as prepared
    (W, copied),              // bytes that arrived
    (W, accepted),            // bytes that write_end accepted
    (W, range_uptodate),      // 1: every block that [pos, pos + length) touches was uptodate
    (W, folio_uptodate),      // 1: afterwards the folio's uptodate flag is set
    (W, all_uptodate),        // 1: afterwards all its blocks are uptodate
    (W, folio_dirty),         // 1: afterwards the folio's dirty flag is set
    (W, block_pos),           // first byte of the block in the file
    (W, block_size),          // bytes
    (BlockState<W>, before),  // the block when write_begin had prepared it
    (BlockState<W>, after)    // the block when the folio is unlocked
  );
};

/// Whether the block and [pos, pos + length) have a byte in common.
template <Word W>
TruthOf<W> touches(const WriteEnd<W>& op, const W& pos, const W& length) {
  return length != 0 && op.block_pos < pos + length && pos < op.block_pos + op.block_size;
}

/// Whether every byte of the block lies in [pos, pos + length).
template <Word W>
TruthOf<W> covers(const WriteEnd<W>& op, const W& pos, const W& length) {
  return pos <= op.block_pos && op.block_pos + op.block_size <= pos + length;
}

inline constexpr auto contains_pos = clause(
    {.operation = "write_begin",
     .name = "contains_pos",
     .says = "The folio holds the position, and the prepared range does not reach past its end.",
     .source = "WB-1, GPW step 7"},
    []<class W>(const WriteEnd<W>& op) {
      return op.folio_pos <= op.pos && op.length != 0 &&
             op.pos + op.length <= op.folio_pos + op.folio_size;
    });

inline constexpr auto edges_are_uptodate = clause(
    {.operation = "write_begin",
     .name = "edges_are_uptodate",
     .says =
         "A block that the write covers only in part is uptodate before the first byte is copied.",
     .source = "WB-2"},
    []<class W>(const WriteEnd<W>& op) {
      return implies(
          touches(op, op.pos, op.length) && !covers(op, op.pos, op.length),
          op.before.uptodate == 1);
    });

inline constexpr auto end_matches_begin = clause(
    {.operation = "write_end",
     .name = "end_matches_begin",
     .says = "write_end receives the range that write_begin prepared.",
     .source = "GPW-7"},
    []<class W>(const WriteEnd<W>& op) { return op.length == op.begun && op.copied <= op.length; });

inline constexpr auto short_copy_is_rejected = clause(
    {.operation = "write_end",
     .name = "short_copy_is_rejected",
     .says = "A short copy into a range with a stale block is rejected as a whole.",
     .source = "WB-3"},
    []<class W>(const WriteEnd<W>& op) {
      return implies(op.copied < op.length && op.range_uptodate == 0, op.accepted == 0);
    });

inline constexpr auto good_copy_is_accepted = clause(
    {.operation = "write_end",
     .name = "good_copy_is_accepted",
     .says = "A complete copy, or a copy into a range with no stale block, is accepted as far as "
             "it got.",
     .source = "WB-4, GPW-9"},
    []<class W>(const WriteEnd<W>& op) {
      return implies(op.copied == op.length || op.range_uptodate == 1, op.accepted == op.copied);
    });

inline constexpr auto dirties_what_it_wrote = clause(
    {.operation = "write_end",
     .name = "dirties_what_it_wrote",
     .says = "A block turns dirty exactly if accepted bytes touch it.",
     .source = "3.4, DA-1"},
    []<class W>(const WriteEnd<W>& op) {
      return iff(op.after.dirty == 1, op.before.dirty == 1 || touches(op, op.pos, op.accepted));
    });

inline constexpr auto marks_uptodate_what_was_written = clause(
    {.operation = "write_end",
     .name = "marks_uptodate_what_was_written",
     .says = "A stale block turns uptodate exactly if accepted bytes cover it.",
     .source = "WB-3, 3.4"},
    []<class W>(const WriteEnd<W>& op) {
      return iff(
          op.after.uptodate == 1, op.before.uptodate == 1 || covers(op, op.pos, op.accepted));
    });

inline constexpr auto folio_is_uptodate_when_its_blocks_are = clause(
    {.operation = "folio",
     .name = "folio_is_uptodate_when_its_blocks_are",
     .says = "A folio is uptodate exactly when all its blocks are.",
     .source = "IFS-1"},
    []<class W>(const WriteEnd<W>& op) {
      return iff(op.folio_uptodate == 1, op.all_uptodate == 1) &&
             implies(op.folio_uptodate == 1, op.after.uptodate == 1);
    });

inline constexpr auto dirty_block_makes_dirty_folio = clause(
    {.operation = "folio",
     .name = "dirty_block_makes_dirty_folio",
     .says = "A folio with a dirty block is dirty.",
     .source = "IFS-2"},
    []<class W>(const WriteEnd<W>& op) {
      return implies(op.after.dirty == 1, op.folio_dirty == 1);
    });

inline constexpr auto dirty_block_is_uptodate = clause(
    {.operation = "folio",
     .name = "dirty_block_is_uptodate",
     .says = "A dirty block is uptodate.",
     .source = "IFS-3"},
    []<class W>(const WriteEnd<W>& op) {
      return implies(op.before.dirty == 1, op.before.uptodate == 1) &&
             implies(op.after.dirty == 1, op.after.uptodate == 1);
    });

inline constexpr auto write_begin_end_clauses = boost::hana::make_tuple(
    contains_pos, edges_are_uptodate, end_matches_begin, short_copy_is_rejected,
    good_copy_is_accepted, dirties_what_it_wrote, marks_uptodate_what_was_written,
    folio_is_uptodate_when_its_blocks_are, dirty_block_makes_dirty_folio, dirty_block_is_uptodate);

/// A folio at the moment that it is unlocked.
template <class W>
struct FolioUnlock {
  BOOST_HANA_DEFINE_STRUCT(FolioUnlock,
    (W, accepted_end),  // end of the bytes accepted while it was locked, in the file; 0 if none
    (W, file_size),     // the in-core size, bytes
    (W, folio_dirty)    // 1: the folio's dirty flag is set
  );
};

inline constexpr auto size_covers_before_unlock = clause(
    {.operation = "write_end",
     .name = "size_covers_before_unlock",
     .says = "Before the folio is unlocked, the file size covers the accepted bytes and the folio "
             "is dirty: writeback would zero bytes past the size.",
     .source = "WB-6"},
    []<class W>(const FolioUnlock<W>& u) {
      return u.accepted_end <= u.file_size && implies(u.accepted_end != 0, u.folio_dirty == 1);
    });

inline constexpr auto folio_unlock_clauses = boost::hana::make_tuple(size_covers_before_unlock);

}  // namespace quire::spec
