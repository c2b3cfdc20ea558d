// XFS's extents under a buffered write: the mapping that begin returns, the conversion of delayed
// extents, the completion of writeback, and block gc.
#pragma once

#include "spec/clause.h"
#include "spec/locks/order.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One call of begin that returned a mapping. Bytes of the file.
template <class W>
struct XfsBegin {
  BOOST_HANA_DEFINE_STRUCT(XfsBegin,
    (W, pos),
    (W, length),
    (W, mapping_pos),
    (W, mapping_end),
    (W, is_new),              // 1: the mapping is marked as reserved by this call
    (W, is_shared),           // 1: it is marked as replacing blocks that other files share
    (W, in_cow_fork),         // 1: its blocks come from the CoW fork
    (W, reserved_pos),        // the range that this call reserved or allocated
    (W, reserved_end),        // the same as reserved_pos if nothing
    (W, keeps_hole),          // 1: called to zero or to unshare, which need no space for a hole
    (W, faults),              // 1: called by the fault of a store to a mapping
    (W, over_hole),           // 1: the data fork had a hole at pos
    (W, dquots_attached),     // 1: the file had its quota records when its ILOCK was taken
    (W, cookie_under_ilock),  // 1: the cookie was read with the file's ILOCK held
    (W, held_after)           // bit r: a lock of rank r is held when begin returns
  );
};

inline constexpr auto new_is_what_was_reserved = clause(
    {.operation = "xfs_begin",
     .name = "new_is_what_was_reserved",
     .says = "A mapping is marked new exactly if this call reserved blocks, and then covers only "
             "blocks that this call reserved.",
     .source = "BEG-1"},
    []<class W>(const XfsBegin<W>& op) {
      return iff(op.is_new == 1, op.reserved_pos < op.reserved_end) &&
             implies(
                 op.is_new == 1,
                 op.reserved_pos <= op.mapping_pos && op.mapping_end <= op.reserved_end);
    });

inline constexpr auto shared_means_cow_fork = clause(
    {.operation = "xfs_begin",
     .name = "shared_means_cow_fork",
     .says = "A mapping is shared exactly if its blocks come from the CoW fork.",
     .source = "BEG-2"},
    []<class W>(const XfsBegin<W>& op) { return iff(op.is_shared == 1, op.in_cow_fork == 1); });

inline constexpr auto cookie_is_read_under_ilock = clause(
    {.operation = "xfs_begin",
     .name = "cookie_is_read_under_ilock",
     .says = "The cookie of a mapping is read with the file's ILOCK held.",
     .source = "BEG-3"},
    []<class W>(const XfsBegin<W>& op) { return op.cookie_under_ilock == 1; });

inline constexpr auto dquots_come_before_ilock = clause(
    {.operation = "xfs_begin",
     .name = "dquots_come_before_ilock",
     .says =
         "Quota records are attached before the file's ILOCK is taken, since that may need a read.",
     .source = "5.1 step 2, LK-2"},
    []<class W>(const XfsBegin<W>& op) { return op.dquots_attached == 1; });

inline constexpr auto mapping_is_answered_unlocked = clause(
    {.operation = "xfs_begin",
     .name = "mapping_is_answered_unlocked",
     .says = "begin returns with neither a transaction nor the file's ILOCK held.",
     .source = "LK-3"},
    []<class W>(const XfsBegin<W>& op) {
      return !holds_rank(op.held_after, W{rank_of<BlockMapLock>}) &&
             !holds_rank(op.held_after, W{rank_of<Transaction>});
    });

inline constexpr auto invalidate_lock_goes_with_the_call = clause(
    {.operation = "xfs_begin",
     .name = "invalidate_lock_goes_with_the_call",
     .says = "begin is called with the invalidate lock held to zero, to unshare and to fault, and "
             "without it to write: the end of a write takes it to release unused blocks.",
     .source = "LK-9, DA-5"},
    []<class W>(const XfsBegin<W>& op) {
      return iff(
          holds_rank(op.held_after, W{rank_of<InvalidateLock>}),
          op.keeps_hole == 1 || op.faults == 1);
    });

inline constexpr auto zeroing_takes_no_space_for_a_hole = clause(
    {.operation = "xfs_begin",
     .name = "zeroing_takes_no_space_for_a_hole",
     .says = "Zeroing or unsharing a hole reserves nothing.",
     .source = "5.1 step 3, ZR-2"},
    []<class W>(const XfsBegin<W>& op) {
      return implies(op.keeps_hole == 1 && op.over_hole == 1, op.reserved_pos == op.reserved_end);
    });

inline constexpr auto xfs_begin_clauses = boost::hana::make_tuple(
    new_is_what_was_reserved, shared_means_cow_fork, cookie_is_read_under_ilock,
    dquots_come_before_ilock, mapping_is_answered_unlocked, invalidate_lock_goes_with_the_call,
    zeroing_takes_no_space_for_a_hole);

template <class W>
constexpr const auto& clauses_of(const XfsBegin<W>&) {
  return xfs_begin_clauses;
}

/// One transaction that allocates blocks for a delayed extent. Blocks of the file.
template <class W>
struct DelayedConversion {
  BOOST_HANA_DEFINE_STRUCT(DelayedConversion,
    (W, delayed_from),   // the delayed extent as it was found
    (W, delayed_count),
    (W, from),           // the part that was allocated
    (W, count),
    (W, unwritten),      // 1: it is unwritten now, so that a crash exposes no old data
    (W, held)            // bit r: a lock of rank r was held when it was changed
  );
};

inline constexpr auto delayed_becomes_unwritten = clause(
    {.operation = "xfs_convert",
     .name = "delayed_becomes_unwritten",
     .says = "A delayed extent is allocated as unwritten, since its data is not on the device yet.",
     .source = "5.4, CRASH-1, CRASH-2"},
    []<class W>(const DelayedConversion<W>& op) { return op.unwritten == 1; });

inline constexpr auto converts_from_the_start = clause(
    {.operation = "xfs_convert",
     .name = "converts_from_the_start",
     .says = "Each transaction converts a delayed extent from its start, in part or as a whole.",
     .source = "5.4"},
    []<class W>(const DelayedConversion<W>& op) {
      return op.from == op.delayed_from && op.count != 0 && op.count <= op.delayed_count;
    });

inline constexpr auto converts_in_a_transaction = clause(
    {.operation = "xfs_convert",
     .name = "converts_in_a_transaction",
     .says = "Extents change with a transaction and the file's ILOCK held.",
     .source = "LK-5, 5.4"},
    []<class W>(const DelayedConversion<W>& op) {
      return holds_rank(op.held, W{rank_of<BlockMapLock>}) &&
             holds_rank(op.held, W{rank_of<Transaction>});
    });

inline constexpr auto delayed_conversion_clauses = boost::hana::make_tuple(
    delayed_becomes_unwritten, converts_from_the_start, converts_in_a_transaction);

template <class W>
constexpr const auto& clauses_of(const DelayedConversion<W>&) {
  return delayed_conversion_clauses;
}

/// The completion of one run of writeback. Bytes.
template <class W>
struct Completion {
  BOOST_HANA_DEFINE_STRUCT(Completion,
    (W, pos),
    (W, length),         // up to the file's size when the run was submitted
    (W, device_error),   // the device's result: 0 or a negative errno
    (W, error),          // the completion's result
    (W, is_shared),      // 1: the run lay in the CoW fork
    (W, unready_blocks), // of the run: not written in the data fork when the size was to change
    (W, cow_left),       // blocks of the run in the CoW fork afterwards
    (W, delayed_left),   // delayed blocks of the run in the data fork afterwards
    (W, file_size),      // in core
    (W, disk_size_before),
    (W, disk_size_after)
  );
};

inline constexpr auto extents_before_size = clause(
    {.operation = "xfs_complete",
     .name = "extents_before_size",
     .says = "The size on disk grows only once every block of the run is a written block of the "
             "data fork.",
     .source = "5.4, CRASH-1"},
    []<class W>(const Completion<W>& op) {
      return implies(op.disk_size_after != op.disk_size_before, op.unready_blocks == 0);
    });

inline constexpr auto disk_size_follows_the_data = clause(
    {.operation = "xfs_complete",
     .name = "disk_size_follows_the_data",
     .says = "The size on disk rises to the end of the run, but not past the in-core size; it "
             "never shrinks, and a failure leaves it.",
     .source = "5.4, CRASH-1, O7"},
    []<class W>(const Completion<W>& op) {
      using spec::ite;
      const W reached = min(op.pos + op.length, op.file_size);
      const W grown = max(op.disk_size_before, reached);
      return op.disk_size_after == ite(op.error == 0, grown, op.disk_size_before);
    });

inline constexpr auto device_error_is_returned = clause(
    {.operation = "xfs_complete",
     .name = "device_error_is_returned",
     .says = "Completion returns the device's error.",
     .source = "5.4, WBK-3"},
    []<class W>(const Completion<W>& op) {
      return implies(op.device_error != 0, op.error == op.device_error);
    });

inline constexpr auto failed_copy_is_cancelled = clause(
    {.operation = "xfs_complete",
     .name = "failed_copy_is_cancelled",
     .says = "A failed run of the CoW fork leaves none of its blocks there, and no delayed blocks "
             "of its range in the data fork.",
     .source = "5.4"},
    []<class W>(const Completion<W>& op) {
      return implies(
          op.device_error != 0 && op.is_shared == 1, op.cow_left == 0 && op.delayed_left == 0);
    });

inline constexpr auto finished_copy_is_remapped = clause(
    {.operation = "xfs_complete",
     .name = "finished_copy_is_remapped",
     .says = "A run of the CoW fork that succeeded has moved to the data fork.",
     .source = "5.4"},
    []<class W>(const Completion<W>& op) {
      return implies(op.error == 0 && op.is_shared == 1, op.cow_left == 0);
    });

inline constexpr auto completion_clauses = boost::hana::make_tuple(
    extents_before_size, disk_size_follows_the_data, device_error_is_returned,
    failed_copy_is_cancelled, finished_copy_is_remapped);

template <class W>
constexpr const auto& clauses_of(const Completion<W>&) {
  return completion_clauses;
}

/// The start of one scan of block gc: for blocks that were reserved and not used.
template <class W>
struct BlockGcScan {
  BOOST_HANA_DEFINE_STRUCT(BlockGcScan,
    (W, held)  // bit r: a lock of rank r is held by the caller
  );
};

inline constexpr auto gc_runs_unlocked = clause(
    {.operation = "xfs_block_gc",
     .name = "runs_unlocked",
     .says = "A scan runs with no IOLOCK held, nor any lock below it: it waits for the locks of "
             "all files.",
     .source = "XFB-8"},
    []<class W>(const BlockGcScan<W>& op) { return rsh(op.held, W{rank_of<Iolock>}) == 0; });

inline constexpr auto block_gc_clauses = boost::hana::make_tuple(gc_runs_unlocked);

template <class W>
constexpr const auto& clauses_of(const BlockGcScan<W>&) {
  return block_gc_clauses;
}

/// The effect of a scan on one file. Blocks.
template <class W>
struct BlockGcFile {
  BOOST_HANA_DEFINE_STRUCT(BlockGcFile,
    (W, size_before),    // bytes, in core
    (W, size_after),
    (W, below_before),   // blocks of the data fork below the size
    (W, below_after),
    (W, dirty),          // 1: a folio of the file was dirty
    (W, cow_before),     // blocks of the CoW fork
    (W, cow_after)
  );
};

inline constexpr auto gc_takes_only_surplus = clause(
    {.operation = "xfs_block_gc",
     .name = "takes_only_surplus",
     .says = "A scan leaves all blocks below the size, and the CoW fork of a file with dirty "
             "folios, which writeback needs.",
     .source = "PRE-2, DA-1"},
    []<class W>(const BlockGcFile<W>& op) {
      return op.size_before == op.size_after && op.below_before == op.below_after &&
             implies(op.dirty == 1, op.cow_before == op.cow_after);
    });

inline constexpr auto gc_leaves_no_copies = clause(
    {.operation = "xfs_block_gc",
     .name = "leaves_no_copies",
     .says = "A scan frees the CoW fork of a clean file, or leaves it: never a part of it.",
     .source = "PRE-2, ACC-1"},
    []<class W>(const BlockGcFile<W>& op) {
      return implies(op.dirty == 0, op.cow_after == 0 || op.cow_after == op.cow_before);
    });

inline constexpr auto block_gc_file_clauses =
    boost::hana::make_tuple(gc_takes_only_surplus, gc_leaves_no_copies);

template <class W>
constexpr const auto& clauses_of(const BlockGcFile<W>&) {
  return block_gc_file_clauses;
}

}  // namespace quire::spec
