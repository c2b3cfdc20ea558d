// The write loop: the rules for one attempt, and for the result of a whole call.
//
// An attempt is one pass of the loop: throttle, fault in, begin, copy, end, revert. The clauses are
// about one attempt between two states of the loop. Each attempt keeps an invariant, so they hold
// for writes of any length.
#pragma once

#include "spec/clause.h"
#include "spec/geometry.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

template <class W>
struct LoopState {
  BOOST_HANA_DEFINE_STRUCT(LoopState,
    (W, pos),      // byte of the file where the next attempt starts
    (W, chunk),    // bytes; an attempt stays within one window of this size and alignment
    (W, retry),    // after a rejected attempt the bytes that it had copied; else 0
    (W, written),  // bytes accepted so far
    (W, status)    // 0, or the error that ended the loop
  );
};

/// One attempt, from the state before it to the state after it.
template <class W>
struct Attempt {
  BOOST_HANA_DEFINE_STRUCT(Attempt,
    (LoopState<W>, before),
    (W, left_before),  // bytes that the iterator still had
    (W, want),         // bytes asked of write_begin; 0 if it was not called
    (W, begin_error),  // 0, or write_begin's error when it prepared nothing
    (W, prepared),     // bytes that write_begin made ready
    (W, copied),       // bytes that arrived
    (W, accepted),     // bytes that write_end accepted; 0 if it failed or was not called
    (W, end_error),    // 0, or write_end's error for the first folio
    (W, asked_in),     // bytes asked of fault_in; 0 if it was not called
    (W, unreadable),   // bytes that fault_in could not make readable
    (W, goes_on),      // 1: another attempt follows
    (LoopState<W>, after),
    (W, left_after)
  );
};

/// Bytes from `pos` to the end of its window.
template <Word W>
constexpr W window_left(const W& pos, const W& chunk) {
  return chunk - (pos & (chunk - 1));
}

/// The bytes that the next attempt asks for: the retry, or else all that is left, within the window
/// (GPW steps 1 and 2).
template <Word W>
constexpr W next_want(const LoopState<W>& loop, const W& left) {
  return min(ite(loop.retry != 0, loop.retry, left), window_left(loop.pos, loop.chunk));
}

/// The loop's invariant, for a call that started at `start` with `total` bytes.
template <Word W>
TruthOf<W> well_formed(const LoopState<W>& loop, const W& left, const W& start, const W& total) {
  return 1 <= total && total <= kReadWriteMax && start <= kFileSizeMax - total &&
         loop.written <= total && loop.pos == start + loop.written &&
         left == total - loop.written && loop.retry <= left && is_power_of_two(loop.chunk) &&
         kPageSize <= loop.chunk && loop.chunk <= kFolioSizeMax;
}

inline constexpr auto byte_ledger = clause(
    {.operation = "write_loop",
     .name = "byte_ledger",
     .says = "The accepted bytes, the advance of the position, the growth of the count and the "
             "bytes consumed from the iterator are one number.",
     .source = "GPW-1"},
    []<class W>(const Attempt<W>& a) {
      return a.after.pos == a.before.pos + a.accepted &&
             a.after.written == a.before.written + a.accepted &&
             a.left_after == a.left_before - a.accepted;
    });

inline constexpr auto failed_end_consumes_nothing = clause(
    {.operation = "write_loop",
     .name = "failed_end_consumes_nothing",
     .says =
         "If write_end fails, the iterator is reverted by all that was copied, and the loop ends.",
     .source = "GPW-3"},
    []<class W>(const Attempt<W>& a) {
      return implies(
          a.end_error != 0,
          a.left_after == a.left_before && a.goes_on == 0 && a.after.status == a.end_error);
    });

inline constexpr auto accepts_what_was_copied = clause(
    {.operation = "write_loop",
     .name = "accepts_what_was_copied",
     .says = "Only copied bytes are accepted, only prepared bytes are copied, and no more is asked "
             "for than is left.",
     .source = "GPW-4"},
    []<class W>(const Attempt<W>& a) {
      return a.accepted <= a.copied && a.copied <= a.prepared && a.prepared <= a.want &&
             a.want <= a.left_before;
    });

inline constexpr auto stays_in_its_window = clause(
    {.operation = "write_loop",
     .name = "stays_in_its_window",
     .says = "An attempt never crosses the end of its chunk-aligned window.",
     .source = "GPW-5"},
    []<class W>(const Attempt<W>& a) {
      return a.want <= window_left(a.before.pos, a.before.chunk);
    });

inline constexpr auto chunk_only_shrinks = clause(
    {.operation = "write_loop",
     .name = "chunk_only_shrinks",
     .says = "The chunk is a power of two from a page to the largest folio, and never grows.",
     .source = "GPW-5"},
    []<class W>(const Attempt<W>& a) {
      return is_power_of_two(a.after.chunk) && kPageSize <= a.after.chunk &&
             a.after.chunk <= a.before.chunk;
    });

inline constexpr auto chunk_halves_on_rejection = clause(
    {.operation = "write_loop",
     .name = "chunk_halves_on_rejection",
     .says =
         "When write_end accepts nothing the chunk is halved, down to a page; otherwise it stays.",
     .source = "GPW step 11"},
    []<class W>(const Attempt<W>& a) {
      const auto rejected = a.prepared != 0 && a.accepted == 0 && a.end_error == 0;
      const W page = kPageSize;
      return a.after.chunk == ite(rejected, max(rsh(a.before.chunk, W{1}), page), a.before.chunk);
    });

inline constexpr auto retry_is_what_was_copied = clause(
    {.operation = "write_loop",
     .name = "retry_is_what_was_copied",
     .says = "After a rejected copy of c > 0 bytes the next attempt asks for at most c; after any "
             "other attempt there is no such limit.",
     .source = "GPW step 11, GPW-9"},
    []<class W>(const Attempt<W>& a) {
      const auto rejected = a.copied != 0 && a.accepted == 0 && a.end_error == 0;
      return implies(a.goes_on != 0, a.after.retry == ite(rejected, a.copied, W{0}));
    });

inline constexpr auto wants_no_more_than_the_retry = clause(
    {.operation = "write_loop",
     .name = "wants_no_more_than_the_retry",
     .says = "A retry asks for no more than what the rejected attempt had copied.",
     .source = "GPW step 1, GPW-9"},
    []<class W>(const Attempt<W>& a) {
      return implies(a.before.retry != 0, a.want <= a.before.retry);
    });

inline constexpr auto rejected_copies_shrink = clause(
    {.operation = "write_loop",
     .name = "rejected_copies_shrink",
     .says = "Each attempt that copies bytes leaves fewer bytes, or makes the next attempt "
             "smaller: the loop cannot repeat itself.",
     .source = "GPW-9"},
    []<class W>(const Attempt<W>& a) {
      return implies(
          a.goes_on != 0 && a.copied != 0,
          a.left_after < a.left_before || next_want(a.after, a.left_after) < a.want);
    });

inline constexpr auto efault_only_at_the_first_byte = clause(
    {.operation = "write_loop",
     .name = "efault_only_at_the_first_byte",
     .says =
         "The loop ends with EFAULT exactly if not one byte at the position can be made readable.",
     .source = "GPW-8"},
    []<class W>(const Attempt<W>& a) {
      const auto nothing_readable = a.asked_in != 0 && a.unreadable == a.asked_in;
      const auto efault = a.goes_on == 0 && a.after.status == error(EFAULT);
      return implies(nothing_readable, efault) &&
             implies(efault && a.begin_error == 0 && a.end_error == 0, nothing_readable);
    });

inline constexpr auto goes_on_while_bytes_are_left = clause(
    {.operation = "write_loop",
     .name = "goes_on_while_bytes_are_left",
     .says = "The loop ends at an error or when the iterator is empty, and nowhere else.",
     .source = "GPW step 13, section 0"},
    []<class W>(const Attempt<W>& a) {
      return iff(a.goes_on == 0, a.after.status != 0 || a.left_after == 0);
    });

/// The clauses of one attempt.
inline constexpr auto attempt_clauses = boost::hana::make_tuple(
    byte_ledger, failed_end_consumes_nothing, accepts_what_was_copied, stays_in_its_window,
    chunk_only_shrinks, chunk_halves_on_rejection, retry_is_what_was_copied,
    wants_no_more_than_the_retry, rejected_copies_shrink, efault_only_at_the_first_byte,
    goes_on_while_bytes_are_left);

/// One whole call of the loop, as its caller sees it.
template <class W>
struct LoopCall {
  BOOST_HANA_DEFINE_STRUCT(LoopCall,
    (W, start),       // byte of the file where it began
    (W, total),       // bytes that the iterator had
    (LoopState<W>, last),
    (W, left),        // bytes that the iterator has now
    (W, result),      // a count, or a negative errno
    (W, position)     // the file position after it
  );
};

inline constexpr auto partial_progress_hides_errors = clause(
    {.operation = "write_loop",
     .name = "partial_progress_hides_errors",
     .says = "A call that accepted bytes returns their count, whatever ended the loop; any other "
             "returns the error, and moves neither position nor iterator.",
     .source = "GPW-2"},
    []<class W>(const LoopCall<W>& call) {
      const auto some = call.last.written != 0;
      return call.result == ite(some, call.last.written, call.last.status) &&
             call.position == call.start + ite(some, call.result, W{0}) &&
             call.left == call.total - ite(some, call.result, W{0});
    });

inline constexpr auto loop_call_clauses = boost::hana::make_tuple(partial_progress_hides_errors);

}  // namespace quire::spec
