// F2FS's write_end: the clauses of write_end for a page, and the two in which F2FS differs.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"
#include "spec/write/write_begin_end.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One page in one attempt. F2FS's folios are one page, and a page is one block.
template <class W>
struct F2fsWriteEnd {
  BOOST_HANA_DEFINE_STRUCT(F2fsWriteEnd,
    (WriteEnd<W>, page),
    (W, size_before),     // of the file when the page was prepared, bytes
    (W, size_at_unlock),  // when the page was unlocked
    (W, size_after),      // when write_end returned
    (W, tail_zeroed),     // 1: the part that the write leaves was zeroed, and the page left stale
    (W, in_cluster),      // 1: the page's whole cluster was locked and read
    (W, atomic),          // 1: the file is atomic
    (W, cow_size_after)   // of its CoW inode, bytes, when write_end returned
  );
};

/// A clause of one page as a clause of the record that holds the page.
template <class Formula>
constexpr auto of_page(const Clause<Formula>& of) {
  return clause(
      of.text, [holds = of.holds]<class W>(const F2fsWriteEnd<W>& op) { return holds(op.page); });
}

inline constexpr auto edges_are_uptodate_or_zeroed = clause(
    {.operation = "write_begin",
     .name = "edges_are_uptodate_or_zeroed",
     .says = "A page that the write covers only in part is uptodate before the copy, or the write "
             "starts at its first byte, covers all of it that lies in the file, and the rest is "
             "zero. (F2FS instead of edges_are_uptodate)",
     .source = "WB-2, 7.2 step 7"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      const auto& page = op.page;
      return implies(
          touches(page, page.pos, page.length) && !covers(page, page.pos, page.length),
          page.before.uptodate == 1 || (op.tail_zeroed == 1 && page.pos == page.block_pos &&
                                        op.size_before <= page.pos + page.length));
    });

inline constexpr auto marks_uptodate_what_was_written_or_zeroed = clause(
    {.operation = "write_end",
     .name = "marks_uptodate_what_was_written_or_zeroed",
     .says = "A stale page turns uptodate exactly if accepted bytes cover it, or if the whole "
             "prepared range was accepted and the rest of the page is zero. (F2FS instead of "
             "marks_uptodate_what_was_written)",
     .source = "WB-3, 7.3"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      const auto& page = op.page;
      return iff(
          page.after.uptodate == 1, page.before.uptodate == 1 ||
                                        covers(page, page.pos, page.accepted) ||
                                        (op.tail_zeroed == 1 && page.accepted == page.length));
    });

inline constexpr auto size_covers_before_unlock_of_page = clause(
    {.operation = "write_end",
     .name = "size_covers_before_unlock_of_page",
     .says = "Before a page is unlocked, the file size covers the accepted bytes and the page is "
             "dirty; in a compressed cluster F2FS raises the size after the unlock, its own "
             "exception to WB-6.",
     .source = "WB-6, 7.3"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      const W end = op.page.pos + op.page.accepted;
      return implies(
          op.page.accepted != 0, op.page.folio_dirty == 1 && end <= op.size_after &&
                                     (op.in_cluster == 1 || end <= op.size_at_unlock));
    });

inline constexpr auto size_is_raised_to_the_accepted = clause(
    {.operation = "write_end",
     .name = "size_is_raised_to_the_accepted",
     .says = "write_end raises the size to the end of the accepted bytes if that is larger, and "
             "else leaves it.",
     .source = "WB-6, O7"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      const W end = op.page.pos + op.page.accepted;
      return op.size_after == ite(op.page.accepted != 0, max(op.size_before, end), op.size_before);
    });

inline constexpr auto cow_inode_is_as_long = clause(
    {.operation = "write_end",
     .name = "cow_inode_is_as_long",
     .says = "The CoW inode of an atomic file has the size of the file.",
     .source = "7.3"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      return implies(op.atomic == 1, op.cow_size_after == op.size_after);
    });

inline constexpr auto f2fs_write_end_clauses = boost::hana::make_tuple(
    of_page(contains_pos), edges_are_uptodate_or_zeroed, of_page(end_matches_begin),
    of_page(short_copy_is_rejected), of_page(good_copy_is_accepted), of_page(dirties_what_it_wrote),
    marks_uptodate_what_was_written_or_zeroed, of_page(folio_is_uptodate_when_its_blocks_are),
    of_page(dirty_block_makes_dirty_folio), of_page(dirty_block_is_uptodate),
    size_covers_before_unlock_of_page, size_is_raised_to_the_accepted, cow_inode_is_as_long);

template <class W>
constexpr const auto& clauses_of(const F2fsWriteEnd<W>&) {
  return f2fs_write_end_clauses;
}

/// A compressed cluster that write_begin had locked, when write_end returns.
template <class W>
struct ClusterEnd {
  BOOST_HANA_DEFINE_STRUCT(ClusterEnd,
    (W, pages),        // of a cluster
    (W, locked),       // that write_begin locked
    (W, unlocks),      // that write_end made
    (W, left_locked),  // of the cluster, afterwards
    (W, copied),       // bytes that arrived
    (W, dirty_before), // pages of the cluster
    (W, dirty_after)
  );
};

inline constexpr auto unlocks_each_page_once = clause(
    {.operation = "f2fs_cluster",
     .name = "unlocks_each_page_once",
     .says = "write_begin locks every page of a compressed cluster and write_end unlocks each "
             "exactly once, also when nothing was copied.",
     .source = "F2-7"},
    []<class W>(const ClusterEnd<W>& c) {
      return c.locked == c.pages && c.unlocks == c.pages && c.left_locked == 0;
    });

inline constexpr auto dirties_the_whole_cluster = clause(
    {.operation = "f2fs_cluster",
     .name = "dirties_the_whole_cluster",
     .says = "If any byte was copied, every page of the cluster is dirty; otherwise no page turns "
             "dirty.",
     .source = "7.3"},
    []<class W>(const ClusterEnd<W>& c) {
      return c.dirty_after == ite(c.copied != 0, c.pages, c.dirty_before);
    });

inline constexpr auto cluster_end_clauses =
    boost::hana::make_tuple(unlocks_each_page_once, dirties_the_whole_cluster);

template <class W>
constexpr const auto& clauses_of(const ClusterEnd<W>&) {
  return cluster_end_clauses;
}

}  // namespace quire::spec
