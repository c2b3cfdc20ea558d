// The forks of a file of XFS between two calls, counted anew by an auditor (spec/write/audit.h).
// spec/linux/space.h has the counts of blocks and of quota.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One file. Blocks unless said otherwise; the end is its size rounded up to a block.
template <class W>
struct ForkAudit {
  BOOST_HANA_DEFINE_STRUCT(ForkAudit,
    (W, size),            // in core, bytes
    (W, disk_size),       // bytes
    (W, extents_wrong),   // extents that are empty or too long, overlap, or leave the device
    (W, index_promised),  // for the index over delayed extents
    (W, index_worst),     // that they may need
    (W, dirty_homeless),  // dirty blocks that neither fork has
    (W, dirty_shared),    // dirty blocks that the CoW fork lacks, though other files share them
    (W, delayed_idle),    // delayed blocks of the data fork, below the end, that are not dirty
    (W, cow),             // in the CoW fork
    (W, may_copy),        // 1: the file shares blocks, or the mount always copies
    (W, cow_shared),      // of the CoW fork: blocks of the device that another extent names, too
    (W, shared),          // of the data fork: blocks of the device that another extent names, too
    (W, is_reflink),      // 1: the file is marked as one that shares blocks
    (W, strange_dquots)   // quota records it charges that are not its owners'
  );
};

inline constexpr auto disk_size_is_not_past_the_end = clause(
    {.operation = "fork_audit",
     .name = "disk_size_is_not_past_the_end",
     .says = "The size on disk is at most the size in core.",
     .source = "O7, WBK-2"},
    []<class W>(const ForkAudit<W>& f) { return f.disk_size <= f.size; });

inline constexpr auto extents_are_disjoint = clause(
    {.operation = "fork_audit",
     .name = "extents_are_disjoint",
     .says = "The extents of a fork are neither empty nor too long, do not overlap, and lie on the "
             "device.",
     .source = "PRE-1"},
    []<class W>(const ForkAudit<W>& f) { return f.extents_wrong == 0; });

inline constexpr auto index_promise_is_bounded = clause(
    {.operation = "fork_audit",
     .name = "index_promise_is_bounded",
     .says = "No more blocks are promised for the index over delayed extents than it may need.",
     .source = "ACC-2"},
    []<class W>(const ForkAudit<W>& f) { return f.index_promised <= f.index_worst; });

inline constexpr auto dirty_block_has_space = clause(
    {.operation = "fork_audit",
     .name = "dirty_block_has_space",
     .says = "Each dirty block has an extent in one of the forks.",
     .source = "DA-1"},
    []<class W>(const ForkAudit<W>& f) { return f.dirty_homeless == 0; });

inline constexpr auto dirty_shared_block_is_copied = clause(
    {.operation = "fork_audit",
     .name = "dirty_shared_block_is_copied",
     .says = "A dirty block that other files share has an extent in the CoW fork.",
     .source = "BEG-2, DA-4"},
    []<class W>(const ForkAudit<W>& f) { return f.dirty_shared == 0; });

inline constexpr auto delayed_block_is_dirty = clause(
    {.operation = "fork_audit",
     .name = "delayed_block_is_dirty",
     .says = "Below the end each delayed block of the data fork is dirty.",
     .source = "DA-1, WB-5"},
    []<class W>(const ForkAudit<W>& f) { return f.delayed_idle == 0; });

inline constexpr auto copies_are_of_a_sharer = clause(
    {.operation = "fork_audit",
     .name = "copies_are_of_a_sharer",
     .says = "Only a file that shares blocks has a CoW fork, unless the mount always copies.",
     .source = "BEG-2"},
    []<class W>(const ForkAudit<W>& f) { return implies(f.cow != 0, f.may_copy == 1); });

inline constexpr auto copy_has_one_owner = clause(
    {.operation = "fork_audit",
     .name = "copy_has_one_owner",
     .says = "Blocks of a CoW fork are named by no other extent.",
     .source = "BEG-2, ACC-1"},
    []<class W>(const ForkAudit<W>& f) { return f.cow_shared == 0; });

inline constexpr auto sharer_is_marked = clause(
    {.operation = "fork_audit",
     .name = "sharer_is_marked",
     .says = "A file with blocks that another extent names is marked as one that shares blocks.",
     .source = "BEG-2"},
    []<class W>(const ForkAudit<W>& f) { return implies(f.shared != 0, f.is_reflink == 1); });

inline constexpr auto quota_records_are_the_owners = clause(
    {.operation = "fork_audit",
     .name = "quota_records_are_the_owners",
     .says = "A file charges the quota records of its own user, group and project.",
     .source = "ACC-1"},
    []<class W>(const ForkAudit<W>& f) { return f.strange_dquots == 0; });

inline constexpr auto fork_audit_clauses = boost::hana::make_tuple(
    disk_size_is_not_past_the_end, extents_are_disjoint, index_promise_is_bounded,
    dirty_block_has_space, dirty_shared_block_is_copied, delayed_block_is_dirty,
    copies_are_of_a_sharer, copy_has_one_owner, sharer_is_marked, quota_records_are_the_owners);

template <class W>
constexpr const auto& clauses_of(const ForkAudit<W>&) {
  return fork_audit_clauses;
}

/// One run of writeback, at its submission and completion. Blocks.
template <class W>
struct RunAudit {
  BOOST_HANA_DEFINE_STRUCT(RunAudit,
    (W, blocks),     // of the run
    (W, cow),        // of these, how many the CoW fork had when the run was submitted
    (W, is_shared)   // 1: it was completed as one of the CoW fork
  );
};

inline constexpr auto run_is_completed_in_its_fork = clause(
    {.operation = "run_audit",
     .name = "is_completed_in_its_fork",
     .says = "A run of writeback lies in the CoW fork as a whole, and is completed there, or has "
             "no block in it, and is completed in the data fork.",
     .source = "5.4, BEG-2"},
    []<class W>(const RunAudit<W>& r) {
      using spec::ite;
      return r.cow == ite(r.is_shared == 1, r.blocks, W{0});
    });

inline constexpr auto run_audit_clauses = boost::hana::make_tuple(run_is_completed_in_its_fork);

template <class W>
constexpr const auto& clauses_of(const RunAudit<W>&) {
  return run_audit_clauses;
}

/// One block of a range whose reservations a write gives back.
template <class W>
struct ReleaseAudit {
  BOOST_HANA_DEFINE_STRUCT(ReleaseAudit,
    (W, punched),  // 1: its reservation was released
    (W, delayed)   // 1: a delayed extent of one of the forks has it afterwards
  );
};

inline constexpr auto released_block_is_in_no_fork = clause(
    {.operation = "release_audit",
     .name = "released_block_is_in_no_fork",
     .says = "A block whose reservation was released is delayed in neither fork.",
     .source = "DA-4"},
    []<class W>(const ReleaseAudit<W>& r) { return implies(r.punched == 1, r.delayed == 0); });

inline constexpr auto release_audit_clauses = boost::hana::make_tuple(released_block_is_in_no_fork);

template <class W>
constexpr const auto& clauses_of(const ReleaseAudit<W>&) {
  return release_audit_clauses;
}

}  // namespace quire::spec
