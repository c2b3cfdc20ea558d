// XFS's outer write path: the record of a whole call.
#pragma once

#include "spec/clause.h"
#include "spec/linux/xfs/outer.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// The state that a call may change. Others may change the size while the IOLOCK is free during the
/// call: so `before` is when the lock was last taken, and `after` when it was last dropped.
template <class W>
struct OuterView {
  BOOST_HANA_DEFINE_STRUCT(OuterView,
    (W, iolock),    // an IolockMode
    (W, left),      // bytes of the iterator; before: those that the checks allowed
    (W, size),      // bytes, in core
    (W, reserved),  // blocks reserved for writes, on the whole volume
    (W, counted),   // bytes in the statistics
    (W, ahead)      // of the reserved blocks, those of a CoW fork that block gc is to look at
  );
};

/// One call, up to where its bytes would be made synchronous.
template <class W>
struct OuterCall {
  BOOST_HANA_DEFINE_STRUCT(OuterCall,
    (W, nowait),
    (OuterView<W>, before),
    (OuterView<W>, after),
    (W, locks),     // how often the IOLOCK was taken,
    (W, unlocks),   //   and dropped
    (W, writes),    // calls of iomap's write
    (W, scans),     // how often space was reclaimed
    (W, pos),       // byte of the file where the write started
    (W, gap_ends),  // end of the gap that was zeroed; 0: none
    (W, result)     // bytes, or a negative errno
  );
};

inline constexpr auto leaves_the_iolock_as_found = clause(
    {.operation = "xfs_write_call",
     .name = "leaves_the_iolock_as_found",
     .says = "A call leaves the IOLOCK as it found it, and drops it as often as it takes it.",
     .source = "XFB-1"},
    []<class W>(const OuterCall<W>& c) {
      return c.after.iolock == c.before.iolock && c.locks == c.unlocks;
    });

inline constexpr auto writes_at_most_twice = clause(
    {.operation = "xfs_write_call",
     .name = "writes_at_most_twice",
     .says = "A call writes through iomap at most twice, and a second time only after it reclaimed "
             "space.",
     .source = "XFB-5, XFB-7"},
    []<class W>(const OuterCall<W>& c) {
      return c.scans <= 1 && c.writes <= c.scans + 1 && c.writes <= 2;
    });

inline constexpr auto full_changes_nothing = clause(
    {.operation = "xfs_write_call",
     .name = "full_changes_nothing",
     .says = "A call that fails with ENOSPC or EDQUOT leaves the iterator, the size and the "
             "reservations, but for blocks ahead that block gc frees; fewer may be reserved only "
             "where space was reclaimed, more only for a gap zeroed out of place.",
     .source = "XFB-9"},
    []<class W>(const OuterCall<W>& c) {
      const auto full = c.result == error(ENOSPC) || c.result == error(EDQUOT);
      return implies(
          full, c.after.left == c.before.left && c.after.size == c.before.size &&
                    implies(
                        c.gap_ends == 0,
                        c.after.reserved - c.after.ahead <= c.before.reserved - c.before.ahead &&
                            implies(
                                c.scans == 0, c.after.reserved - c.after.ahead ==
                                                  c.before.reserved - c.before.ahead)));
    });

inline constexpr auto eagain_can_be_repeated = clause(
    {.operation = "xfs_write_call",
     .name = "eagain_can_be_repeated",
     .says = "A call that returns EAGAIN must not wait, has consumed no byte and left the size: it "
             "can be made again, even as an append.",
     .source = "IOM-7"},
    []<class W>(const OuterCall<W>& c) {
      return implies(
          c.result == error(EAGAIN),
          c.nowait != 0 && c.after.left == c.before.left && c.after.size == c.before.size);
    });

inline constexpr auto call_ledger = clause(
    {.operation = "xfs_write_call",
     .name = "call_ledger",
     .says =
         "The result, the bytes consumed from the iterator and the bytes counted in the statistics "
         "are one number, 0 on an error; the size rises to the end of those bytes or stays.",
     .source = "O1, O7"},
    []<class W>(const OuterCall<W>& c) {
      const W bytes = ite(is_error(c.result), W{0}, c.result);
      return c.before.left - c.after.left == bytes && c.after.counted - c.before.counted == bytes &&
             c.after.size == ite(bytes == 0, c.before.size, max(c.before.size, c.pos + bytes));
    });

inline constexpr auto outer_call_clauses = boost::hana::make_tuple(
    leaves_the_iolock_as_found, writes_at_most_twice, full_changes_nothing, eagain_can_be_repeated,
    call_ledger);

template <class W>
constexpr const auto& clauses_of(const OuterCall<W>&) {
  return outer_call_clauses;
}

}  // namespace quire::spec
