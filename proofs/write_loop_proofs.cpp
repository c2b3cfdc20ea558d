// The write loops of ref/ and impl/, as they ship: one attempt from any state keeps every clause.
//
// One attempt is one pass of the loop's body, run on symbolic words from an arbitrary state that
// satisfies the invariant. It keeps the invariant, so that what is proven of one holds of calls of
// any length.
#include "impl/accept.h"
#include "impl/write_loop.h"
#include "proofs/obligations.h"
#include "proofs/symbolic_hooks.h"
#include "ref/write_loop.h"

#include <boost/hana/tuple.hpp>

#include <string>

namespace quire::proofs {
namespace {

namespace hana = boost::hana;
using Attempt = spec::Attempt<Bits>;

/// write_end as impl ships it: its acceptance rule.
Bits shipping_end(Explorer&, const Truth& uptodate, const Bits& length, const Bits& copied) {
  return impl::accept<Bits>(uptodate, length, copied);
}

/// The two loops, each by its one pass.
struct RefLoop {
  static constexpr const char* name = "ref";
  static constexpr const char* bound = "";
  static constexpr auto end = any_conforming_end;
  static bool pass(spec::LoopState<Bits>& loop, SymbolicTap& tap) {
    return ref::attempt<Bits>(loop, tap);
  }
};
struct ImplLoop {
  static constexpr const char* name = "impl";
  static constexpr const char* bound = kTripBound;
  static constexpr auto end = any_conforming_end;
  static bool pass(spec::LoopState<Bits>& loop, SymbolicTap& tap) {
    return impl::trip<Bits>(loop, tap);
  }
};

/// One attempt from any state, and all that was seen of it.
template <class Loop>
struct Run {
  Situation before;
  SymbolicHooks hooks;
  SymbolicJudge judge;
  SymbolicTap tap;
  spec::LoopState<Bits> loop;
  bool goes_on = false;

  Run(Explorer& e, EndRule end_rule)
      : before(any_situation(e)),
        hooks(e, before, std::move(end_rule)),
        judge{e, hooks},
        tap(hooks, judge),
        loop(before.loop) {}

  /// One more attempt.
  const Attempt& attempt() {
    tap.attempt_begins(loop);
    goes_on = Loop::pass(loop, tap);
    tap.attempt_ends(loop, goes_on);
    return judge.attempts.back();
  }
};

/// A body that runs one attempt and claims `clauses` of it; `breaks` perturbs the record where a
/// control asks for it.
template <class Loop, class Clauses, class Break>
auto claims(const Clauses& clauses, Break breaks) {
  return [=](Explorer& e) {
    Run<Loop> run(e, Loop::end);
    Attempt a = run.attempt();
    breaks(e, a);
    e.claim_all(clauses, a);
  };
}

template <class Loop>
void keeps_invariant(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  Attempt a = run.attempt();
  if (e.broken("forgets to move the position")) a.after.pos = a.before.pos;
  const Bits& total = run.before.total;
  e.claim("What is written is at most what was given.", a.after.written <= total, a);
  e.claim(
      "The position is where the call began, and what is written.",
      a.after.pos == run.before.start + a.after.written, a);
  e.claim("The iterator has what is not written.", a.left_after == total - a.after.written, a);
  e.claim("A retry is no more than what is left.", a.after.retry <= a.left_after, a);
  e.claim_all(hana::make_tuple(spec::chunk_only_shrinks), a);
}

template <class Loop>
void steps_the_iterator(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  run.judge.on_step = [&e](spec::IterStep<Bits> step) {
    if (e.broken("reverts one byte too many")) {
      step.n = ite(is(step, spec::IterAction::revert), step.n + 1, step.n);
    }
    e.claim_all(spec::iov_iter_clauses, step);
  };
  run.attempt();
}

/// The frame on contents, at any one position p of the file.
template <class Loop>
void loses_no_byte(Explorer& e) {
  Run<Loop> run(e, shipping_end);
  Attempt a = run.attempt();
  if (e.broken("takes the source a byte too far")) a.before.pos = a.before.pos + 1;
  const Bits p = run.hooks.position();
  const Bits shown = run.hooks.visible();
  const Truth written = a.before.pos <= p && p < a.before.pos + a.accepted;
  e.claim(
      "Each accepted byte is seen as the byte of the caller's memory that belongs there.",
      implies(written, shown == p - run.before.start), a);
  e.claim("Every other byte is seen as it was.", implies(!written, shown == kOldByte), a);
}

/// With fairness (IT-7): what fault_in made readable can then be copied. So each attempt that goes
/// on leaves less to do, or makes the next one smaller; `attempts` of them where fault-in comes
/// last.
template <class Loop, int attempts>
void makes_progress(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  Attempt first = run.attempt();
  Attempt last = first;
  for (int i = 1; i < attempts && run.goes_on; ++i) {
    const Truth promised = last.asked_in != 0 && last.unreadable < last.asked_in;
    last = run.attempt();
    e.assume(implies(promised && last.prepared != 0, last.copied != 0));
  }
  e.assume(implies(
      last.asked_in != 0 && last.unreadable < last.asked_in && last.prepared != 0 &&
          last.want == last.asked_in,
      last.copied != 0 || Truth{attempts > 1}));
  if (e.broken("retries as much as before")) last.after.retry = last.want;
  const Bits next = spec::next_want(last.after, last.left_after);
  e.claim(
      "Under IT-7 an attempt that is followed by another leaves less to do, or makes it smaller.",
      implies(
          last.goes_on != 0 && (Truth{attempts == 1} || last.copied != 0),
          last.left_after < first.left_before || next < last.want),
      last);
}

/// Hooks for a whole call, of at most two attempts on one folio each.
struct TwoAttempts : SymbolicHooks {
  using SymbolicHooks::SymbolicHooks;
  static constexpr std::size_t kTripFolios = 1;
  Explorer* explorer = nullptr;
  int begun = 0;
  void attempt_begins(const spec::LoopState<Bits>& loop) {
    explorer->assume(Truth{++begun <= 2});
    SymbolicHooks::attempt_begins(loop);
  }
};

/// The whole call, of at most two attempts: its first state, its answer.
template <class Loop, class Call>
void answers(Explorer& e, Call call) {
  const Bits start = e.fresh("start", 63);
  const Bits total = e.fresh("total", kCountBits);
  e.assume(total != 0 && total <= spec::kReadWriteMax && start <= spec::kFileSizeMax - total);
  const Situation situation{{start, 0, 0, 0, 0}, start, total, total};
  TwoAttempts hooks(e, situation, Loop::end);
  hooks.explorer = &e;
  spec::LoopState<Bits> last{0, 0, 0, 0, 0};
  const Bits result = call(hooks, start, last);
  spec::LoopCall<Bits> record{start,  total,
                              last,   hooks.iter().left,
                              result, start + ite(spec::is_error(result), Bits{0}, result)};
  if (e.broken("tells the error after progress")) record.result = last.status;
  e.claim_all(spec::loop_call_clauses, record);
}

template <class Loop>
void add_loop(std::vector<Obligation>& all) {
  const auto add = [&](const char* what, const char* tag, const char* says, auto body,
                       const char* bound = Loop::bound) {
    all.push_back(
        {.name = std::string(Loop::name) + ".write_loop." + what,
         .tag = tag,
         .subject = Loop::name,
         .says = says,
         .bound = bound,
         .body = body});
  };
  add("keeps_invariant", "GPW-1, GPW-5",
      "An attempt from any state ends in a state of the invariant.", keeps_invariant<Loop>);
  add("byte_ledger", "GPW-1, GPW-3, GPW-4",
      "Accepted, position, count and iterator move by one number; nothing counts that was not "
      "copied.",
      claims<Loop>(
          hana::make_tuple(
              spec::byte_ledger, spec::failed_end_consumes_nothing, spec::accepts_what_was_copied),
          [](Explorer& e, Attempt& a) {
            if (e.broken("counts a byte too many")) a.accepted = a.accepted + 1;
            if (e.broken("leaves the iterator where the copy ended"))
              a.left_after = a.left_before - a.copied;
          }));
  add("chunk", "GPW-5",
      "An attempt stays in its window; the chunk halves when nothing is accepted, and never grows.",
      claims<Loop>(
          hana::make_tuple(
              spec::stays_in_its_window, spec::chunk_only_shrinks, spec::chunk_halves_on_rejection),
          [](Explorer& e, Attempt& a) {
            if (e.broken("keeps the chunk")) a.after.chunk = a.before.chunk;
          }));
  add("retry", "GPW-9",
      "A rejected copy is tried again with what had arrived, so that the loop cannot repeat "
      "itself.",
      claims<Loop>(
          hana::make_tuple(
              spec::retry_is_what_was_copied, spec::wants_no_more_than_the_retry,
              spec::rejected_copies_shrink),
          [](Explorer& e, Attempt& a) {
            if (e.broken("starts afresh after a rejection")) a.after.retry = 0;
          }));
  add("stops", "GPW-8",
      "The loop ends for an error or an empty iterator, and with EFAULT only at an unreadable "
      "first byte.",
      claims<Loop>(
          hana::make_tuple(spec::efault_only_at_the_first_byte, spec::goes_on_while_bytes_are_left),
          [](Explorer& e, Attempt& a) {
            if (e.broken("stops for a bad page further on"))
              a.unreadable = ite(a.unreadable != 0, a.asked_in, 0);
          }));
  add("steps_the_iterator", "IT-1, IT-2, IT-4, IT-5",
      "The iterator moves by what was copied, and back by no more.", steps_the_iterator<Loop>);
  add("loses_no_byte", "O2, WB-3, WB-4",
      "At any byte of the file: what was accepted is seen, and nothing else has changed.",
      loses_no_byte<Loop>);
  add("lock_order", "GPW-6, LK-1, LK-4, LK-8",
      "No wait for memory or writeback under a folio lock; folios are locked in ascending order.",
      [](Explorer& e) { Run<Loop>(e, Loop::end).attempt(); });
}

}  // namespace

std::vector<Obligation> write_loop_obligations() {
  std::vector<Obligation> all;
  add_loop<RefLoop>(all);
  add_loop<ImplLoop>(all);
  const char* progress =
      "Under IT-7 the loop makes progress: (what is left, the next attempt) shrinks.";
  all.push_back(
      {.name = "ref.write_loop.makes_progress",
       .tag = "GPW-9, GPW-10, IT-7",
       .subject = "ref",
       .says = progress,
       .body = makes_progress<RefLoop, 2>});
  all.push_back(
      {.name = "impl.write_loop.makes_progress",
       .tag = "GPW-9, GPW-10, IT-7",
       .subject = "impl",
       .says = progress,
       .bound = ImplLoop::bound,
       .body = makes_progress<ImplLoop, 1>});
  const char* answer = "Progress hides whatever ended the loop; without it nothing has moved.";
  all.push_back(
      {.name = "ref.write_loop.answers",
       .tag = "GPW-2",
       .subject = "ref",
       .says = answer,
       .bound = "2 attempts",
       .body = [](Explorer& e) {
         answers<RefLoop>(e, [](auto& hooks, const Bits& pos, spec::LoopState<Bits>& last) {
           return ref::generic_perform_write<Bits>(hooks, pos, last);
         });
       }});
  all.push_back(
      {.name = "impl.write_loop.answers",
       .tag = "GPW-2",
       .subject = "impl",
       .says = answer,
       .bound = "2 trips of 1 folio",
       .body = [](Explorer& e) {
         answers<ImplLoop>(e, [](auto& hooks, const Bits& pos, spec::LoopState<Bits>& last) {
           return impl::perform_write<Bits>(last, hooks, pos);
         });
       }});
  return all;
}

}  // namespace quire::proofs
