// XFS's outer write path: the IOLOCK, the checks, the write through iomap, and one retry after
// ENOSPC or EDQUOT.
//
// Each action of the path is one OuterStep, with the history of the call that it depends on. A
// whole call is an OuterCall.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// How the IOLOCK is held.
enum class IolockMode : std::uint64_t { none, shared, exclusive };

/// A mode as a word.
constexpr std::uint64_t word_of(IolockMode mode) { return static_cast<std::uint64_t>(mode); }

/// An action of the outer path.
enum class OuterAction : std::uint64_t {
  lock,          ///< took the IOLOCK, or tried to
  unlock,        ///< dropped it
  check,         ///< the generic checks
  break_layout,  ///< waited until no lease on the file's layout was left
  drain,         ///< waited for direct I/O of the file
  zero,          ///< made the gap between the end and the position read as zero
  modify,        ///< privileges and times
  write,         ///< the write through iomap
  flush,         ///< wrote back all dirty files, to turn reservations into allocations
  quota_gc,      ///< released the preallocations of quotas that are nearly used up
  space_gc,      ///< released all preallocations
  account        ///< counted the bytes in the statistics
};

/// The state of a call in the outer path.
template <class W>
struct OuterState {
  BOOST_HANA_DEFINE_STRUCT(OuterState,
    (W, nowait),   // 1: answers EAGAIN instead of waiting
    (W, total),    // bytes that the call was given
    (W, pos),      // byte of the file; an append's is set by the checks
    (W, iolock),   // an IolockMode
    (W, drained),  // 1: no direct I/O of the file is under way
    (W, retried),  // 1: space was reclaimed
    (W, status)    // bytes written, or a negative errno
  );
};

/// One action. The ghosts are about the time since the IOLOCK was last taken.
template <class W>
struct OuterStep {
  BOOST_HANA_DEFINE_STRUCT(OuterStep,
    (W, action),      // an OuterAction
    (W, nowait),
    (W, asked),       // lock: the mode that is wanted; account: bytes; otherwise 0
    (W, result),      // bytes, 0 or a negative errno
    (W, iolock),      // before it
    (W, iolock_after),
    (W, invalidate),  // 1: the invalidate lock is held
    (W, total),       // bytes that the call was given
    (W, left),        // bytes that the iterator had before it
    (W, pos),         // byte of the file
    (W, size),        // bytes, in core, before it
    (W, checked),     // ghost: the checks have passed since
    (W, drained),     // ghost: direct I/O was waited for since the IOLOCK was taken exclusive
    (W, zeroed),      // ghost: the position up to which the gap was zeroed since, or 0
    (W, modified),    // ghost: privileges and times were set since
    (W, wrote),       // the result of the last write of the call; 0 before it
    (W, untouched),   // 1: iterator, position and size are as before that write
    (W, flushes),     // so far in this call
    (W, scans)        // of quota_gc and space_gc, so far in this call
  );
};

template <class W>
TruthOf<W> is(const OuterStep<W>& step, OuterAction action) {
  return step.action == static_cast<std::uint64_t>(action);
}

template <class W>
TruthOf<W> is_held(const W& iolock, IolockMode mode) {
  return iolock == word_of(mode);
}

inline constexpr auto takes_and_drops_in_turn = clause(
    {.operation = "xfs_write",
     .name = "takes_and_drops_in_turn",
     .says = "The IOLOCK is taken only while it is free and dropped only while it is held, and "
             "nothing else changes it.",
     .source = "XFB-1"},
    []<class W>(const OuterStep<W>& s) {
      const W none = word_of(IolockMode::none);
      const auto lock = is(s, OuterAction::lock);
      const auto unlock = is(s, OuterAction::unlock);
      return implies(
                 lock, s.iolock == none && s.iolock_after == ite(s.result == 0, s.asked, none)) &&
             implies(unlock, s.iolock != none && s.iolock_after == none) &&
             implies(!lock && !unlock, s.iolock_after == s.iolock);
    });

inline constexpr auto nowait_tries_only = clause(
    {.operation = "xfs_write",
     .name = "nowait_tries_only",
     .says = "Taking the IOLOCK fails only with EAGAIN, and only for a call that must not wait; "
             "such a call waits for no direct I/O and no layout, and zeroes no gap.",
     .source = "XFB-3, IOM-6"},
    []<class W>(const OuterStep<W>& s) {
      const auto waits =
          is(s, OuterAction::break_layout) || is(s, OuterAction::drain) || is(s, OuterAction::zero);
      return implies(
                 is(s, OuterAction::lock) && s.result != 0,
                 s.nowait != 0 && s.result == error(EAGAIN)) &&
             implies(waits, s.nowait == 0);
    });

inline constexpr auto checks_see_the_whole_call = clause(
    {.operation = "xfs_write",
     .name = "checks_see_the_whole_call",
     .says = "Each pass of the checks is made under the IOLOCK and sees all bytes of the call: "
             "those that an earlier pass cut off are restored.",
     .source = "CHK-4"},
    []<class W>(const OuterStep<W>& s) {
      return implies(
          is(s, OuterAction::check), s.left == s.total && s.iolock != word_of(IolockMode::none));
    });

inline constexpr auto acts_on_fresh_checks = clause(
    {.operation = "xfs_write",
     .name = "acts_on_fresh_checks",
     .says = "The file changes only after the checks have passed since the IOLOCK was last taken: "
             "the size may have changed while it was free.",
     .source = "CHK-4, XFB-2"},
    []<class W>(const OuterStep<W>& s) {
      const auto changes =
          is(s, OuterAction::zero) || is(s, OuterAction::modify) || is(s, OuterAction::write);
      return implies(changes, s.checked != 0 && s.iolock != word_of(IolockMode::none));
    });

inline constexpr auto zeroes_the_gap_alone = clause(
    {.operation = "xfs_write",
     .name = "zeroes_the_gap_alone",
     .says = "The gap past the end is zeroed from the current size, under the exclusive IOLOCK and "
             "the invalidate lock, with no direct I/O under way.",
     .source = "XFB-3, LK-9"},
    []<class W>(const OuterStep<W>& s) {
      return implies(
          is(s, OuterAction::zero), is_held(s.iolock, IolockMode::exclusive) && s.invalidate != 0 &&
                                        s.drained != 0 && s.asked == s.size && s.size < s.pos);
    });

inline constexpr auto writes_behind_no_gap = clause(
    {.operation = "xfs_write",
     .name = "writes_behind_no_gap",
     .says = "A write starts at or below the size, or where the zeroed gap ends, under the "
             "exclusive IOLOCK and without the invalidate lock.",
     .source = "XFB-3, XFB-4, LK-9"},
    []<class W>(const OuterStep<W>& s) {
      return implies(
          is(s, OuterAction::write), is_held(s.iolock, IolockMode::exclusive) &&
                                         s.invalidate == 0 &&
                                         (s.pos <= s.size || s.zeroed == s.pos));
    });

inline constexpr auto attributes_go_before_the_write = clause(
    {.operation = "xfs_write",
     .name = "attributes_go_before_the_write",
     .says = "Privileges and times are updated after the checks and before the write.",
     .source = "CHK-5, XFB-2"},
    []<class W>(const OuterStep<W>& s) {
      return implies(is(s, OuterAction::write), s.modified != 0);
    });

inline constexpr auto reclaims_only_after_failure = clause(
    {.operation = "xfs_write",
     .name = "reclaims_only_after_failure",
     .says = "Space is reclaimed only after a write that failed with ENOSPC or EDQUOT and moved "
             "nothing; ENOSPC flushes and scans all files, EDQUOT scans those of the quotas.",
     .source = "XFB-5, XFB-6"},
    []<class W>(const OuterStep<W>& s) {
      const auto full = is(s, OuterAction::flush) || is(s, OuterAction::space_gc);
      const auto over = is(s, OuterAction::quota_gc);
      return implies(full, s.wrote == error(ENOSPC)) && implies(over, s.wrote == error(EDQUOT)) &&
             implies(full || over, s.untouched != 0);
    });

inline constexpr auto reclaims_space_once = clause(
    {.operation = "xfs_write",
     .name = "reclaims_space_once",
     .says = "A call reclaims space once, for either error: at most one flush, then one scan.",
     .source = "XFB-5, XFB-7"},
    []<class W>(const OuterStep<W>& s) {
      return implies(is(s, OuterAction::flush), s.flushes == 0 && s.scans == 0) &&
             implies(is(s, OuterAction::space_gc), s.flushes == 1 && s.scans == 0) &&
             implies(is(s, OuterAction::quota_gc), s.flushes == 0 && s.scans == 0);
    });

inline constexpr auto flushes_under_its_iolock = clause(
    {.operation = "xfs_write",
     .name = "flushes_under_its_iolock",
     .says = "Dirty files are written back with the file's own IOLOCK still held, which writeback "
             "does not take.",
     .source = "XFB-5, LK-6"},
    []<class W>(const OuterStep<W>& s) {
      return implies(
          is(s, OuterAction::flush), is_held(s.iolock, IolockMode::exclusive) && s.invalidate == 0);
    });

inline constexpr auto scans_without_locks = clause(
    {.operation = "xfs_write",
     .name = "scans_without_locks",
     .says = "A scan for space runs with no lock of the file held, since it waits for the IOLOCK "
             "of each file that it scans.",
     .source = "XFB-8"},
    []<class W>(const OuterStep<W>& s) {
      const auto scans = is(s, OuterAction::quota_gc) || is(s, OuterAction::space_gc);
      return implies(scans, is_held(s.iolock, IolockMode::none) && s.invalidate == 0);
    });

inline constexpr auto outer_step_clauses = boost::hana::make_tuple(
    takes_and_drops_in_turn, nowait_tries_only, checks_see_the_whole_call, acts_on_fresh_checks,
    zeroes_the_gap_alone, writes_behind_no_gap, attributes_go_before_the_write,
    reclaims_only_after_failure, reclaims_space_once, flushes_under_its_iolock,
    scans_without_locks);

template <class W>
constexpr const auto& clauses_of(const OuterStep<W>&) {
  return outer_step_clauses;
}

}  // namespace quire::spec
