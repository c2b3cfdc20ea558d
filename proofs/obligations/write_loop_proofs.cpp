// The write loops of ref/ and impl/, as they ship: one attempt from any state keeps every clause.
//
// One attempt is one pass of the loop's body; its claims are in attempt_bodies.h. A batch of impl
// runs over its first folio and a run of any number of others (batch_proofs.cpp).
#include "impl/file/accept.h"
#include "impl/file/write_loop.h"
#include "proofs/models/attempt_bodies.h"
#include "proofs/models/lock_sources.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/cache/accept.h"
#include "ref/plain/write_loop.h"

#include <boost/hana/tuple.hpp>

#include <cstddef>
#include <string>

namespace quire::proofs {
namespace {

namespace hana = boost::hana;
using Attempt = spec::Attempt<Bits>;

/// The two loops, each with its one pass.
struct WriteLoop {
  using Record = Attempt;
  using Hooks = SymbolicHooks;
  using Judge = SymbolicJudge<Record>;
  using Tap = spec::Tapped<Bits, Hooks, Judge>;
  using State = spec::LoopState<Bits>;
  static constexpr auto end = any_conforming_end;
  static Tap tap(Hooks& hooks, Judge& judge) { return {hooks, judge}; }
  static State state(Explorer&, const Situation& before) { return before.loop; }
  static const Attempt& attempt_of(const Record& record) { return record; }
};
struct RefLoop : WriteLoop {
  static constexpr const char* name = "ref";
  static constexpr const char* who = "ref's write loop";
  static constexpr unsigned effort = 1;
  static bool pass(State& loop, Tap& tap) { return ref::attempt<Bits>(loop, tap); }
  static Bits shipping_end(Explorer&, const Truth& uptodate, const Bits& n, const Bits& copied) {
    return ref::accept<Bits>(uptodate, n, copied);
  }
};
struct ImplLoop : WriteLoop {
  static constexpr const char* name = "impl";
  static constexpr const char* who = "impl's write loop";
  static constexpr unsigned effort = 20;
  static bool pass(State& loop, Tap& tap) { return impl::write_batch<Bits>(loop, tap); }
  static Bits shipping_end(Explorer&, const Truth& uptodate, const Bits& n, const Bits& copied) {
    return impl::accept<Bits>(uptodate, n, copied);
  }
};

/// The batch of impl with one more folio after the run, for claims about each of its folios.
struct ThreeParts : SymbolicHooks {
  using SymbolicHooks::SymbolicHooks;
  static constexpr std::size_t kBatchFolios = 3;
};
struct ImplLoopByFolio : ImplLoop {
  using Hooks = ThreeParts;
  using Tap = spec::Tapped<Bits, Hooks, Judge>;
  static Tap tap(Hooks& hooks, Judge& judge) { return {hooks, judge}; }
  static bool pass(State& loop, Tap& tap) { return impl::write_batch<Bits>(loop, tap); }
};

/// Hooks for a whole call, of at most two attempts on one folio each.
struct TwoAttempts : SymbolicHooks {
  using SymbolicHooks::SymbolicHooks;
  static constexpr std::size_t kBatchFolios = 1;
  Explorer* explorer = nullptr;
  int begun = 0, over = 0;
  void attempt_begins(const spec::LoopState<Bits>& loop) {
    explorer->assume("A call of two attempts at most: the bound.", Truth{++begun <= 2});
    SymbolicHooks::attempt_begins(loop);
  }
  void attempt_ends(const spec::LoopState<Bits>& loop, bool goes_on) {
    ++over;
    SymbolicHooks::attempt_ends(loop, goes_on);
  }
};

/// The whole call, of at most two attempts: its first state and its result.
template <class Loop, class Call>
void answers(Explorer& e, Call call) {
  const Bits start = e.fresh("start", 63);
  const Bits total = e.fresh("total", kCountBits);
  e.assume("A call asks for something (GPW-13).", total != 0);
  e.assume("A call ends within the largest file (GPW-13).", start <= spec::kFileSizeMax - total);
  const Situation situation{{start, 0, 0, 0, 0}, start, total, total};
  TwoAttempts hooks(e, situation, Loop::end);
  hooks.explorer = &e;
  spec::LoopState<Bits> last{0, 0, 0, 0, 0};
  const Bits result = call(hooks, start, last);
  spec::LoopCall<Bits> record{start,  total,
                              last,   hooks.iter().left,
                              result, start + ite(spec::is_error(result), Bits{0}, result)};
  if (e.broken("returns the error after progress")) record.result = last.status;
  if (e.broken("does not report the end of an attempt")) --hooks.over;
  e.claim("Each attempt that begins is reported to end.", Truth{hooks.over == hooks.begun});
  e.claim_all(spec::loop_call_clauses, record);
}

/// ByFolio: the loop, for claims about each folio.
template <class Loop, class ByFolio = Loop>
void add_loop(std::vector<Obligation>& all) {
  const auto add = [&](const char* what, const char* tag, const char* says, auto body,
                       const char* bound = "") {
    all.push_back(
        {.name = std::string(Loop::name) + ".write_loop." + what,
         .tag = tag,
         .subject = Loop::name,
         .says = says,
         .bound = bound,
         .effort = Loop::effort,
         .body = body});
  };
  add("keeps_invariant", "GPW-1, GPW-5",
      "An attempt from any state ends in a state of the invariant.", keeps_invariant<Loop>);
  add("byte_ledger", "GPW-1, GPW-3, GPW-4",
      "Accepted bytes, position, count and iterator move by one number; only copied bytes are "
      "accepted.",
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
      "A rejected copy is retried with as many bytes as were copied, so that the loop cannot "
      "repeat itself.",
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
      "The iterator advances by the bytes copied, and reverts by no more.",
      steps_the_iterator<ByFolio>);
  add("loses_no_byte", "O2, WB-3, WB-4",
      "A reader sees each accepted byte of the file, and every other byte as before.",
      loses_no_byte<Loop>);
  add("lock_order", "GPW-6, LK-1, LK-4, LK-8",
      "No wait for memory or writeback under a folio lock; folios are locked in ascending order.",
      lock_order<ByFolio>);
}

}  // namespace

std::vector<LockSource> write_loop_locks() {
  return {{RefLoop::who, lock_order<RefLoop>}, {ImplLoop::who, lock_order<ImplLoopByFolio>}};
}

std::vector<Obligation> write_loop_obligations() {
  std::vector<Obligation> all;
  add_loop<RefLoop>(all);
  add_loop<ImplLoop, ImplLoopByFolio>(all);
  const char* progress =
      "Under IT-7 the loop makes progress: the bytes left or the next attempt shrink.";
  all.push_back(
      {.name = "ref.write_loop.makes_progress",
       .tag = "GPW-9, GPW-10, IT-7",
       .subject = "ref",
       .says = progress,
       .effort = 5,
       .body = makes_progress<RefLoop, 2>});
  all.push_back(
      {.name = "impl.write_loop.makes_progress",
       .tag = "GPW-9, GPW-10, IT-7",
       .subject = "impl",
       .says = progress,
       .effort = ImplLoop::effort,
       .body = makes_progress<ImplLoop, 1>});
  const char* answer =
      "After progress a call returns its count, else the error, and then nothing has moved.";
  all.push_back(
      {.name = "ref.write_loop.answers",
       .tag = "GPW-2",
       .subject = "ref",
       .says = answer,
       .bound = "2 attempts",
       .effort = 5,
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
       .bound = "2 batches of 1 folio",
       .effort = ImplLoop::effort,
       .body = [](Explorer& e) {
         answers<ImplLoop>(e, [](auto& hooks, const Bits& pos, spec::LoopState<Bits>& last) {
           return impl::perform_write<Bits>(last, hooks, pos);
         });
       }});
  return all;
}

}  // namespace quire::proofs
