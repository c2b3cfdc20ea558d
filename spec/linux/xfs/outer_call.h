// XFS's outer write path, seen from outside: what a whole call did.
#pragma once

#include "spec/clause.h"
#include "spec/linux/xfs/outer.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// What a call may change, before and after it. While the IOLOCK is free, in between, others may
/// move the size: so before is when the lock was last had, and after is when it was last dropped.
template <class W>
struct OuterView {
  BOOST_HANA_DEFINE_STRUCT(OuterView,
    (W, iolock),    // an IolockMode
    (W, left),      // bytes of the iterator; before: that the checks let through
    (W, size),      // bytes, in core
    (W, reserved),  // blocks promised to writes, on the whole volume
    (W, counted)    // bytes in the statistics
  );
};

/// One call, up to where its bytes would be made synchronous.
template <class W>
struct OuterCall {
  BOOST_HANA_DEFINE_STRUCT(OuterCall,
    (W, nowait),
    (OuterView<W>, before),
    (OuterView<W>, after),
    (W, locks),     // how often the IOLOCK was had,
    (W, unlocks),   //   and dropped
    (W, writes),    // how often iomap was asked
    (W, scans),     // how often space was looked for
    (W, pos),       // byte of the file where the bytes went
    (W, gap_ends),  // where a gap was zeroed up to; 0: none was
    (W, result)     // bytes, or a negative errno
  );
};

inline constexpr auto leaves_the_iolock_as_found = clause(
    {.operation = "xfs_write_call",
     .name = "leaves_the_iolock_as_found",
     .says = "A call ends with the IOLOCK as it began, having dropped it as often as it had it.",
     .source = "XFB-1"},
    []<class W>(const OuterCall<W>& c) {
      return c.after.iolock == c.before.iolock && c.locks == c.unlocks;
    });

inline constexpr auto writes_at_most_twice = clause(
    {.operation = "xfs_write_call",
     .name = "writes_at_most_twice",
     .says = "iomap is asked at most twice, and a second time only after one look for space.",
     .source = "XFB-5, XFB-7"},
    []<class W>(const OuterCall<W>& c) {
      return c.scans <= 1 && c.writes <= c.scans + 1 && c.writes <= 2;
    });

inline constexpr auto full_changes_nothing = clause(
    {.operation = "xfs_write_call",
     .name = "full_changes_nothing",
     .says =
         "A call that answers ENOSPC or EDQUOT leaves iterator and size as they were, and as many "
         "reservations: fewer only where space was looked for, more only for a gap that was zeroed "
         "out of place.",
     .source = "XFB-9"},
    []<class W>(const OuterCall<W>& c) {
      const auto full = c.result == error(ENOSPC) || c.result == error(EDQUOT);
      return implies(
          full,
          c.after.left == c.before.left && c.after.size == c.before.size &&
              implies(
                  c.gap_ends == 0,
                  c.after.reserved <= c.before.reserved &&
                      implies(c.scans == 0, c.after.reserved == c.before.reserved)));
    });

inline constexpr auto eagain_can_be_repeated = clause(
    {.operation = "xfs_write_call",
     .name = "eagain_can_be_repeated",
     .says = "A call that answers EAGAIN may not wait, and has taken no byte and moved no size: it "
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
     .says = "What the call answers, what the iterator gave and what the statistics count is one "
             "number; an error gives 0; and the size is moved to the end of those bytes or not at "
             "all.",
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
