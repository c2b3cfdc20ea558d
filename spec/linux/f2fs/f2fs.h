// F2FS under the write loop: the ledger, preallocation, inline data, checkpoints, atomic files.
//
// A block address is NULL, NEW (reserved, without a block), COMPRESS (the head of a compressed
// cluster) or the address of a block on the device. Every block is a page.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// The whole volume, between two calls. In blocks.
template <class W>
struct VolumeLedger {
  BOOST_HANA_DEFINE_STRUCT(VolumeLedger,
    (W, valid),             // counted by the volume
    (W, addresses),         // addresses that are not NULL, of all files
    (W, nodes),             // node blocks of all files
    (W, user_blocks),       // the most that may be counted
    (W, device_addresses),  // addresses of blocks on the device
    (W, blocks_in_use)      // blocks of the main area that are in use
  );
};

inline constexpr auto valid_blocks_are_the_addresses = clause(
    {.operation = "f2fs_ledger",
     .name = "valid_blocks_are_the_addresses",
     .says = "The volume's count of valid blocks is its addresses that are not NULL plus its node "
             "blocks, and at most its user blocks.",
     .source = "F2-4, O4"},
    []<class W>(const VolumeLedger<W>& l) {
      return l.valid == l.addresses + l.nodes && l.valid <= l.user_blocks;
    });

inline constexpr auto blocks_in_use_have_one_address = clause(
    {.operation = "f2fs_ledger",
     .name = "blocks_in_use_have_one_address",
     .says = "As many blocks are in use as addresses name a block of the device.",
     .source = "F2-4, O4"},
    []<class W>(const VolumeLedger<W>& l) { return l.blocks_in_use == l.device_addresses; });

inline constexpr auto volume_ledger_clauses =
    boost::hana::make_tuple(valid_blocks_are_the_addresses, blocks_in_use_have_one_address);

template <class W>
constexpr const auto& clauses_of(const VolumeLedger<W>&) {
  return volume_ledger_clauses;
}

/// One file, or one owner with all their files, between two calls. In blocks.
template <class W>
struct OwnerLedger {
  BOOST_HANA_DEFINE_STRUCT(OwnerLedger,
    (W, counted),  // the file's count (i_blocks), or the owner's charge
    (W, owned)     // the file's addresses and nodes, or the sum of the counts of the owner's files
  );
};

inline constexpr auto counts_what_is_owned = clause(
    {.operation = "f2fs_ledger",
     .name = "counts_what_is_owned",
     .says = "A file's block count is its addresses that are not NULL plus its node blocks; an "
             "owner is charged for the counts of all their files.",
     .source = "F2-4"},
    []<class W>(const OwnerLedger<W>& l) { return l.counted == l.owned; });

inline constexpr auto owner_ledger_clauses = boost::hana::make_tuple(counts_what_is_owned);

template <class W>
constexpr const auto& clauses_of(const OwnerLedger<W>&) {
  return owner_ledger_clauses;
}

/// One write, and the blocks of the file past the page that holds its last byte.
template <class W>
struct PreallocatedWrite {
  BOOST_HANA_DEFINE_STRUCT(PreallocatedWrite,
    (W, preallocated), // blocks that were reserved, or found, before the loop
    (W, target),       // the byte past the last that was asked for
    (W, size),         // of the file afterwards, bytes
    (W, past_before),  // addresses that are not NULL past the end, inline data as one
    (W, past_after)
  );
};

inline constexpr auto preallocation_is_cut_at_the_end = clause(
    {.operation = "f2fs_write",
     .name = "preallocation_is_cut_at_the_end",
     .says = "A write that preallocated and stopped short leaves no block past the file's last "
             "page; one that reached its target leaves none of its own there.",
     .source = "F2-1"},
    []<class W>(const PreallocatedWrite<W>& w) {
      return implies(
          w.preallocated != 0,
          w.past_after <= w.past_before && implies(w.size < w.target, w.past_after == 0));
    });

inline constexpr auto leaves_at_most_one_block = clause(
    {.operation = "f2fs_write",
     .name = "leaves_at_most_one_block",
     .says = "A write without preallocation leaves at most one more block past the last page: the "
             "block of a whole page that write_end rejected.",
     .source = "F2-2"},
    []<class W>(const PreallocatedWrite<W>& w) {
      return implies(w.preallocated == 0, w.past_after <= w.past_before + 1);
    });

inline constexpr auto preallocated_write_clauses =
    boost::hana::make_tuple(preallocation_is_cut_at_the_end, leaves_at_most_one_block);

template <class W>
constexpr const auto& clauses_of(const PreallocatedWrite<W>&) {
  return preallocated_write_clauses;
}

/// The conversion of inline data to a block.
template <class W>
struct InlineConversion {
  BOOST_HANA_DEFINE_STRUCT(InlineConversion,
    (W, held_data),          // 1: the inode held bytes of the file
    (W, op_holders),         // holders of the op lock while it ran
    (W, checkpoints_before), // checkpoints made so far
    (W, checkpoints_after),
    (W, error),              // 0, or a negative errno
    (W, inline_after),       // 1: the inode still holds its bytes
    (W, block_written)       // 1: the block of the first address holds the bytes
  );
};

inline constexpr auto one_copy_remains = clause(
    {.operation = "f2fs_inline",
     .name = "one_copy_remains",
     .says = "The bytes stay in the inode until their block is written; a conversion that fails "
             "leaves them in the inode.",
     .source = "F2-6"},
    []<class W>(const InlineConversion<W>& c) {
      return implies(c.held_data == 1, c.inline_after == 1 || c.block_written == 1) &&
             iff(c.error != 0, c.inline_after == 1);
    });

inline constexpr auto no_checkpoint_within = clause(
    {.operation = "f2fs_inline",
     .name = "no_checkpoint_within",
     .says = "A conversion holds the op lock throughout, so that no checkpoint sees it half done.",
     .source = "F2-6"},
    []<class W>(const InlineConversion<W>& c) {
      return c.op_holders != 0 && c.checkpoints_before == c.checkpoints_after;
    });

inline constexpr auto inline_conversion_clauses =
    boost::hana::make_tuple(one_copy_remains, no_checkpoint_within);

template <class W>
constexpr const auto& clauses_of(const InlineConversion<W>&) {
  return inline_conversion_clauses;
}

/// A checkpoint at the moment that it copies the state of the volume.
template <class W>
struct CheckpointStep {
  BOOST_HANA_DEFINE_STRUCT(CheckpointStep,
    (W, op_holders)  // operations that hold the op lock
  );
};

inline constexpr auto operations_are_whole = clause(
    {.operation = "f2fs_checkpoint",
     .name = "operations_are_whole",
     .says = "A checkpoint is taken while no operation holds the op lock.",
     .source = "F2-6"},
    []<class W>(const CheckpointStep<W>& c) { return c.op_holders == 0; });

inline constexpr auto checkpoint_clauses = boost::hana::make_tuple(operations_are_whole);

template <class W>
constexpr const auto& clauses_of(const CheckpointStep<W>&) {
  return checkpoint_clauses;
}

/// A block reserved for an atomic write.
template <class W>
struct AtomicReserve {
  BOOST_HANA_DEFINE_STRUCT(AtomicReserve,
    (W, cow_before),       // addresses and nodes of the CoW inode
    (W, cow_after),
    (W, cow_nodes_before), // of them, node blocks
    (W, cow_nodes_after),
    (W, original_before),  // addresses and nodes of the file itself
    (W, original_after),
    (W, counter_before),   // the atomic write counter
    (W, counter_after)
  );
};

inline constexpr auto atomic_write_takes_cow_blocks = clause(
    {.operation = "f2fs_atomic",
     .name = "atomic_write_takes_cow_blocks",
     .says = "A write to an atomic file reserves blocks only in its CoW inode, and the atomic "
             "write counter grows by the blocks newly reserved there.",
     .source = "7.2 step 4"},
    []<class W>(const AtomicReserve<W>& a) {
      return a.original_before == a.original_after &&
             (a.cow_after - a.cow_nodes_after) - (a.cow_before - a.cow_nodes_before) ==
                 a.counter_after - a.counter_before;
    });

inline constexpr auto atomic_reserve_clauses =
    boost::hana::make_tuple(atomic_write_takes_cow_blocks);

template <class W>
constexpr const auto& clauses_of(const AtomicReserve<W>&) {
  return atomic_reserve_clauses;
}

}  // namespace quire::spec
