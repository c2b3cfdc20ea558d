// Bodies of obligations on one attempt of a write loop, from any state that satisfies the
// invariant. An attempt keeps the invariant, so a proof about one attempt covers calls of any
// length.
//
// They are templates over a Loop, which defines the code to run and its hooks:
//   Record  the tap's record of an attempt; attempt_of(record) is the spec::Attempt in it
//   Hooks, Tap, State
//   who     its name in reports of waits for locks
//   end     the results that its write_end may have
//   state(e, situation), tap(hooks, judge), pass(state, tap)
#pragma once

#include "proofs/models/symbolic_hooks.h"

#include <boost/hana/tuple.hpp>

#include <utility>

namespace quire::proofs {

/// One attempt from any state, and its records.
template <class Loop>
struct Run {
  using Record = typename Loop::Record;

  Situation before;
  typename Loop::Hooks hooks;
  SymbolicJudge<Record> judge;
  typename Loop::Tap tap;
  typename Loop::State state;
  bool goes_on = false;

  Run(Explorer& e, EndRule end_rule)
      : before(any_situation(e)),
        hooks(e, before, std::move(end_rule)),
        judge{e, hooks},
        tap(Loop::tap(hooks, judge)),
        state(Loop::state(e, before)) {}

  /// One more attempt.
  const Record& record() {
    tap.attempt_begins(state);
    goes_on = Loop::pass(state, tap);
    tap.attempt_ends(state, goes_on);
    return judge.attempts.back();
  }
  spec::Attempt<Bits> attempt() { return Loop::attempt_of(record()); }
};

/// A body that runs one attempt and claims `clauses` of its record; `breaks` perturbs the record
/// where a control asks for it.
template <class Loop, class Clauses, class Break>
auto claims(const Clauses& clauses, Break breaks) {
  return [=](Explorer& e) {
    Run<Loop> run(e, Loop::end);
    typename Loop::Record record = run.record();
    breaks(e, record);
    e.claim_all(clauses, record);
  };
}

template <class Loop>
void keeps_invariant(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  spec::Attempt<Bits> a = run.attempt();
  if (e.broken("forgets to move the position")) a.after.pos = a.before.pos;
  const Bits& total = run.before.total;
  e.claim("At most the bytes of the call are written.", a.after.written <= total, a);
  e.claim(
      "The position is the start of the call plus the bytes written.",
      a.after.pos == run.before.start + a.after.written, a);
  e.claim(
      "The iterator has the bytes that are not written.", a.left_after == total - a.after.written,
      a);
  e.claim("A retry is at most the bytes left.", a.after.retry <= a.left_after, a);
  e.claim_all(boost::hana::make_tuple(spec::chunk_only_shrinks), a);
}

template <class Loop>
void steps_the_iterator(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  run.judge.on_step = [&e](spec::IterStep<Bits> step) {
    if (e.broken("reverts one byte too many")) {
      step.n = ite(is(step, spec::IterAction::revert), step.n + 1, step.n);
    }
    e.claim_all(spec::iov_iter_count_clauses, step);
  };
  run.attempt();
}

/// Every wait of an attempt, in a call that holds its handle's position and the IOLOCK.
template <class Loop>
void lock_order(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  SymbolicLocks& locks = run.hooks.locks();
  locks.judge(Loop::who);
  locks.take<spec::PositionLock>();
  locks.take<spec::Iolock>();
  run.record();
}

/// The contents of the file, at any one position p.
template <class Loop>
void loses_no_byte(Explorer& e) {
  Run<Loop> run(e, Loop::shipping_end);
  spec::Attempt<Bits> a = run.attempt();
  if (e.broken("takes the source a byte too far")) a.before.pos = a.before.pos + 1;
  const Bits p = run.hooks.position();
  const Bits shown = run.hooks.visible();
  const Truth written = a.before.pos <= p && p < a.before.pos + a.accepted;
  e.claim(
      "A reader sees each accepted byte as its byte of the caller's memory.",
      implies(written, shown == p - run.before.start), a);
  e.claim("A reader sees every other byte as before.", implies(!written, shown == kOldByte), a);
}

/// Under fairness (IT-7) memory that fault_in made readable can then be copied. So an attempt that
/// another follows leaves fewer bytes, or makes the next one smaller; it takes `attempts` of them
/// where fault-in comes last.
template <class Loop, int attempts>
void makes_progress(Explorer& e) {
  Run<Loop> run(e, Loop::end);
  spec::Attempt<Bits> first = run.attempt();
  spec::Attempt<Bits> last = first;
  for (int i = 1; i < attempts && run.goes_on; ++i) {
    const Truth promised = last.asked_in != 0 && last.unreadable < last.asked_in;
    last = run.attempt();
    e.assume(
        "Of memory that was faulted in, the next attempt can copy a byte (IT-7).",
        implies(promised && last.prepared != 0, last.copied != 0));
  }
  e.assume(
      "Of memory that was faulted in, the same attempt can copy a byte (IT-7).",
      implies(
          last.asked_in != 0 && last.unreadable < last.asked_in && last.prepared != 0 &&
              last.want == last.asked_in,
          last.copied != 0 || Truth{attempts > 1}));
  if (e.broken("retries as much as before")) last.after.retry = last.want;
  const Bits next = spec::next_want(last.after, last.left_after);
  e.claim(
      "Under IT-7 an attempt that is followed by another leaves fewer bytes, or makes it smaller.",
      implies(
          last.goes_on != 0 && (Truth{attempts == 1} || last.copied != 0),
          last.left_after < first.left_before || next < last.want),
      last);
}

}  // namespace quire::proofs
