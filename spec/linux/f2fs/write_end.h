// F2FS's write_end: the contract's own clauses over a page, and the two places where F2FS differs.
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
    (W, tail_zeroed),     // 1: all that the write does not cover was zeroed, the page left stale
    (W, in_cluster),      // 1: the page's whole cluster was locked and read
    (W, atomic),          // 1: the file is atomic
    (W, cow_size_after)   // of its CoW inode, bytes, when write_end returned
  );
};

/// A clause of one page, of the record that holds the page.
template <class Formula>
constexpr auto of_page(const Clause<Formula>& of) {
  return clause(
      of.text, [holds = of.holds]<class W>(const F2fsWriteEnd<W>& op) { return holds(op.page); });
}

inline constexpr auto edges_are_filled_or_zeroed = clause(
    {.operation = "write_begin",
     .name = "edges_are_filled_or_zeroed",
     .says =
         "A page that the write covers only in part is valid before the first byte is copied; or "
         "the write covers all of it that lies in the file, from its first byte on, and the rest "
         "is zero. (F2FS instead of edges_are_filled)",
     .source = "WB-2, 7.2 step 7"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      const auto& page = op.page;
      return implies(
          touches(page, page.pos, page.length) && !covers(page, page.pos, page.length),
          page.before.uptodate == 1 || (op.tail_zeroed == 1 && page.pos == page.block_pos &&
                                        op.size_before <= page.pos + page.length));
    });

inline constexpr auto fills_what_arrived_or_was_zeroed = clause(
    {.operation = "write_end",
     .name = "fills_what_arrived_or_was_zeroed",
     .says =
         "A stale page turns uptodate exactly if all of the prepared range arrived and that is the "
         "page, or the rest of it is zero. (F2FS instead of fills_only_what_arrived)",
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
     .says =
         "Before a page is unlocked the file's size covers the accepted bytes and the page is "
         "dirty; in a compressed cluster the size is raised after the unlock, which is F2FS's own "
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
     .says = "The size becomes the end of the accepted bytes where it was less, and else stays.",
     .source = "WB-6, O7"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      const W end = op.page.pos + op.page.accepted;
      return op.size_after == ite(op.page.accepted != 0, max(op.size_before, end), op.size_before);
    });

inline constexpr auto cow_inode_is_as_long = clause(
    {.operation = "write_end",
     .name = "cow_inode_is_as_long",
     .says = "The CoW inode of an atomic file is as long as the file.",
     .source = "7.3"},
    []<class W>(const F2fsWriteEnd<W>& op) {
      return implies(op.atomic == 1, op.cow_size_after == op.size_after);
    });

inline constexpr auto f2fs_write_end_clauses = boost::hana::make_tuple(
    of_page(contains_pos), edges_are_filled_or_zeroed, of_page(end_matches_begin),
    of_page(short_copy_is_rejected), of_page(good_copy_is_accepted), of_page(dirties_what_it_wrote),
    fills_what_arrived_or_was_zeroed, of_page(folio_is_uptodate_when_its_blocks_are),
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
     .says = "Every page of the cluster was locked by write_begin and is unlocked exactly once by "
             "write_end, also when nothing was copied.",
     .source = "F2-7"},
    []<class W>(const ClusterEnd<W>& c) {
      return c.locked == c.pages && c.unlocks == c.pages && c.left_locked == 0;
    });

inline constexpr auto dirties_the_whole_cluster = clause(
    {.operation = "f2fs_cluster",
     .name = "dirties_the_whole_cluster",
     .says = "If anything was copied all pages of the cluster are dirty, else none turns dirty.",
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
