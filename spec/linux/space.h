// Delayed allocation: the reservation of blocks, and the ledgers that must add up.
#pragma once

#include "spec/clause.h"
#include "spec/linux/prealloc.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// One reservation of delayed blocks, in one fork. Blocks.
template <class W>
struct Reservation {
  BOOST_HANA_DEFINE_STRUCT(Reservation,
    (W, asked_from),     // first block of the file that needs space
    (W, asked_count),    // how many
    (W, prealloc),       // speculative ones after them, as asked
    (W, previous_end),   // first block past the extent before it in the fork; 0 if none
    (W, next_start),     // first block of the next extent in the fork; 2^64 - 1 if none
    (W, error),          // 0 or a negative errno
    (W, from),           // what was reserved
    (W, count),
    (W, index_blocks),   // promised for the index over them, in the worst case
    (W, tagged),         // 1: the file is tagged for block gc
    (W, free_before),    // the free counter
    (W, free_after),
    (W, has_quota),      // 1: the file has quota records
    (W, quota_room),     // blocks that the tightest of them had left; 2^64 - 1 without limits
    (W, quota_least),    // of all its records: the least and the most by which `reserved` grew
    (W, quota_most),
    (W, need),           // blocks of the same request without preallocation or hint
    (W, need_index)
  );
};

inline constexpr auto reservation_stays_in_the_gap = clause(
    {.operation = "reservation",
     .name = "stays_in_the_gap",
     .says = "A reservation overlaps no extent, and is no longer than the longest extent.",
     .source = "PRE-1, 5.3"},
    []<class W>(const Reservation<W>& op) {
      return implies(
          op.error == 0, op.previous_end <= op.from && op.from + op.count <= op.next_start &&
                             op.count <= kExtentMax);
    });

inline constexpr auto reservation_serves_the_request = clause(
    {.operation = "reservation",
     .name = "serves_the_request",
     .says = "A reservation covers the request, up to the next extent and the longest extent.",
     .source = "5.3"},
    []<class W>(const Reservation<W>& op) {
      return implies(
                 op.error == 0,
                 op.from <= op.asked_from && op.asked_from + op.need <= op.from + op.count) &&
             op.need != 0;
    });

inline constexpr auto reservation_is_paid_or_undone = clause(
    {.operation = "reservation",
     .name = "is_paid_or_undone",
     .says = "A reservation lowers free space by its blocks and their index blocks, and raises "
             "every quota record by its blocks; one that fails changes neither.",
     .source = "ACC-1, 5.3"},
    []<class W>(const Reservation<W>& op) {
      using spec::ite;
      const W count = ite(op.error == 0, op.count, W{0});
      const W index = ite(op.error == 0, op.index_blocks, W{0});
      return op.free_before - op.free_after == count + index &&
             implies(op.has_quota == 1, op.quota_least == count && op.quota_most == count);
    });

inline constexpr auto prealloc_fails_no_write = clause(
    {.operation = "reservation",
     .name = "prealloc_fails_no_write",
     .says = "A reservation fails only if there is no space for the request alone.",
     .source = "PRE-3"},
    []<class W>(const Reservation<W>& op) {
      return implies(op.error == error(ENOSPC), op.free_before < op.need + op.need_index) &&
             implies(op.error == error(EDQUOT), op.quota_room < op.need);
    });

inline constexpr auto surplus_is_known_to_gc = clause(
    {.operation = "reservation",
     .name = "surplus_is_known_to_gc",
     .says = "A file with more blocks reserved than requested is tagged for block gc.",
     .source = "PRE-2"},
    []<class W>(const Reservation<W>& op) {
      return implies(
          op.error == 0 &&
              (op.from < op.asked_from || op.asked_from + op.asked_count < op.from + op.count),
          op.tagged == 1);
    });

inline constexpr auto reservation_clauses = boost::hana::make_tuple(
    reservation_stays_in_the_gap, reservation_serves_the_request, reservation_is_paid_or_undone,
    prealloc_fails_no_write, surplus_is_known_to_gc);

template <class W>
constexpr const auto& clauses_of(const Reservation<W>&) {
  return reservation_clauses;
}

/// The ledger of the whole file system, between two operations. Blocks.
template <class W>
struct SpaceLedger {
  BOOST_HANA_DEFINE_STRUCT(SpaceLedger,
    (W, blocks),     // of the device
    (W, free),       // the free counter
    (W, allocated),  // with at least one owner
    (W, owned),      // named by the extents of files, as often as they have owners
    (W, delayed),    // delayed blocks found in the extents of all files
    (W, indexing)    // promised for the index over them
  );
};

inline constexpr auto space_adds_up = clause(
    {.operation = "space",
     .name = "adds_up",
     .says = "Free, delayed and allocated blocks, and those promised for the index, add up to the "
             "whole device.",
     .source = "ACC-1, O4"},
    []<class W>(const SpaceLedger<W>& op) {
      return op.free + op.delayed + op.indexing + op.allocated == op.blocks;
    });

inline constexpr auto space_has_owners = clause(
    {.operation = "space",
     .name = "has_owners",
     .says = "The allocated blocks are those that the extents of files name.",
     .source = "ACC-1, O4"},
    []<class W>(const SpaceLedger<W>& op) { return op.allocated == op.owned; });

inline constexpr auto space_ledger_clauses =
    boost::hana::make_tuple(space_adds_up, space_has_owners);

template <class W>
constexpr const auto& clauses_of(const SpaceLedger<W>&) {
  return space_ledger_clauses;
}

/// The ledger of one file.
template <class W>
struct FileLedger {
  BOOST_HANA_DEFINE_STRUCT(FileLedger,
    (W, delayed_blocks),  // the file's counter of blocks that are reserved in its quota only
    (W, data_delayed),    // delayed blocks in its data fork
    (W, cow_blocks),      // blocks of any state in its CoW fork, which lives in memory only
    (W, real_blocks),     // the file's counter of blocks that it has
    (W, data_real)        // real blocks in its data fork
  );
};

inline constexpr auto file_counts_what_it_has = clause(
    {.operation = "space",
     .name = "file_counts_what_it_has",
     .says = "A file's delayed count is the delayed blocks of its data fork and all blocks of its "
             "CoW fork; its real count is the real blocks of its data fork.",
     .source = "ACC-1"},
    []<class W>(const FileLedger<W>& op) {
      return op.delayed_blocks == op.data_delayed + op.cow_blocks && op.real_blocks == op.data_real;
    });

inline constexpr auto file_ledger_clauses = boost::hana::make_tuple(file_counts_what_it_has);

template <class W>
constexpr const auto& clauses_of(const FileLedger<W>&) {
  return file_ledger_clauses;
}

/// The ledger of one quota record.
template <class W>
struct QuotaLedger {
  BOOST_HANA_DEFINE_STRUCT(QuotaLedger,
    (W, used),            // blocks counted as used
    (W, reserved),        // used, and promised
    (W, real_blocks),     // sum over its files
    (W, delayed_blocks)   // sum over its files
  );
};

inline constexpr auto quota_counts_its_files = clause(
    {.operation = "space",
     .name = "quota_counts_its_files",
     .says = "A quota record counts the real blocks of its files as used, and those plus their "
             "delayed blocks as reserved.",
     .source = "ACC-1"},
    []<class W>(const QuotaLedger<W>& op) {
      return op.used == op.real_blocks && op.reserved == op.used + op.delayed_blocks;
    });

inline constexpr auto quota_ledger_clauses = boost::hana::make_tuple(quota_counts_its_files);

template <class W>
constexpr const auto& clauses_of(const QuotaLedger<W>&) {
  return quota_ledger_clauses;
}

/// A change of delayed extents in one fork: a merge, a split, a conversion of a part, a removal.
template <class W>
struct DelayedChange {
  BOOST_HANA_DEFINE_STRUCT(DelayedChange,
    (W, blocks_before),  // delayed blocks of the fork
    (W, index_before),   // promised for their index
    (W, blocks_after),
    (W, index_after),
    (W, index_worst),    // that the extents left need in the worst case, summed
    (W, given_back)      // to the free counter
  );
};

inline constexpr auto change_promises_no_more = clause(
    {.operation = "delayed_change",
     .name = "promises_no_more",
     .says = "A change of delayed extents keeps and releases no more blocks than were reserved "
             "before, and no extent keeps more index blocks than its worst case needs.",
     .source = "ACC-2"},
    []<class W>(const DelayedChange<W>& op) {
      return op.blocks_after + op.index_after + op.given_back <=
                 op.blocks_before + op.index_before &&
             op.index_after <= op.index_worst;
    });

inline constexpr auto delayed_change_clauses = boost::hana::make_tuple(change_promises_no_more);

template <class W>
constexpr const auto& clauses_of(const DelayedChange<W>&) {
  return delayed_change_clauses;
}

}  // namespace quire::spec
