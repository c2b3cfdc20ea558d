// A batch of impl over any number of folios: after any others, two act as one of their length may.
//
// The obligations on impl's batch run it over one folio and a run of folios (symbolic_hooks.h), or
// over a run, a folio and a run (refinement_proofs.cpp). This proof justifies that. From any state
// of each of the batch's three steps (impl/file/write_loop.h), the step over a run and one more
// folio has the result of the step over one folio of their length, which answers as a run may. So
// by induction any number of folios act as one run.
#include "impl/file/accept.h"
#include "impl/file/write_loop.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"

#include <boost/container/static_vector.hpp>

#include <functional>

namespace quire::proofs {
namespace {

/// Hooks that give one answer of each kind, and keep their arguments.
struct GivenHooks {
  using Folio = spec::Begun<Bits>;

  Bits room{0};
  Bits copied{0};
  std::function<Bits(const Bits&)> end = {};  ///< of the bytes that arrived
  Bits begun_at{0};
  Bits arrived{0};

  spec::IterState<Bits> iter() const { return {0, 0, 0}; }
  void throttle() {}
  Truth fatal_signal() { return false; }
  Bits fault_in(const Bits&) { return 0; }
  Folio write_begin(const Bits& pos, const Bits&) {
    begun_at = pos;
    return {0, pos, pos + room};
  }
  Bits copy(Folio&, const Bits&, const Bits&) { return copied; }
  Bits write_end(Folio&, const Bits&, const Bits&, const Bits& n) {
    arrived = n;
    return end(n);
  }
  void revert(const Bits&) {}
  void attempt_begins(const spec::LoopState<Bits>&) {}
  void attempt_ends(const spec::LoopState<Bits>&, bool) {}
};

using FolioRange = impl::FolioRange<GivenHooks::Folio, Bits>;
using Ranges = boost::container::static_vector<FolioRange, 2>;
using Progress = impl::Progress<Bits>;

/// A run of folios, one more folio, and one folio of their length.
struct Folios {
  FolioRange run, last, both;
};

/// Locks both from any state in which another folio may follow.
Folios lock_both(Explorer& e) {
  spec::LoopState<Bits> loop = any_situation(e).loop;
  loop.retry = 0;  // a retry is of one folio
  const Bits prepared = e.fresh("prepared", kFolioBits), rest = e.fresh("rest", kFolioBits);
  const Bits room_of_run = e.fresh("room_of_run", kFolioBits);
  const Bits room_of_last = e.fresh("room_of_last", kFolioBits);
  e.assume(
      "A folio that was begun holds the position (WB-1).", room_of_run != 0 && room_of_last != 0);
  e.assume(
      "More is wanted after the run, and a batch is no longer than the largest folio.",
      prepared + rest <= spec::kFolioSizeMax && room_of_run < rest);

  Progress by_two{prepared + rest, prepared}, by_one = by_two;
  Ranges two, one;
  GivenHooks hooks{.room = room_of_run};
  e.claim(
      "Another folio follows one that ends before what is wanted.",
      Truth{impl::lock_next_folio(loop, by_two, two, hooks)});
  hooks.room = room_of_last;
  const bool more = impl::lock_next_folio(loop, by_two, two, hooks);
  e.claim(
      "A folio is asked for where the one before it ends.",
      hooks.begun_at == two[0].folio.end && hooks.begun_at == loop.pos + prepared + room_of_run);

  hooks.room = room_of_run + room_of_last;
  const bool more_behind_one = impl::lock_next_folio(loop, by_one, one, hooks);
  if (e.broken("forgets the last folio's bytes")) by_two.prepared = prepared + room_of_run;
  e.claim(
      "Two folios are prepared for as much as one of their length.",
      by_two.prepared == by_one.prepared && two[0].length + two[1].length == one[0].length);
  e.claim("After two folios another may follow as after one.", Truth{more == more_behind_one});
  return {two[0], two[1], one[0]};
}

/// Copies into both from any state. reached: the copy did not stop before them.
void copy_both(Explorer& e, Folios& folios, const Truth& reached) {
  Progress by_two{0};
  by_two.copied = e.fresh("copied", kFolioBits);
  const Bits before = by_two.copied;
  Progress by_one = by_two;
  if (!static_cast<bool>(reached)) return;

  GivenHooks hooks{.copied = e.fresh("copied_into_run", kFolioBits)};
  e.assume(
      "A copy gives no more than it was asked for (GPW-4).", hooks.copied <= folios.run.length);
  bool whole = impl::copy(by_two, folios.run, hooks);
  if (whole) {
    hooks.copied = e.fresh("copied_into_last", kFolioBits);
    e.assume(
        "A copy gives no more than it was asked for (GPW-4).", hooks.copied <= folios.last.length);
    whole = impl::copy(by_two, folios.last, hooks);
  }
  if (e.broken("copies on after a short copy")) by_two.copied = by_two.copied + 1;

  hooks.copied = folios.run.copied + folios.last.copied;
  const bool whole_as_one = impl::copy(by_one, folios.both, hooks);
  e.claim(
      "Two folios take no more than was prepared.", hooks.copied <= folios.both.length);
  e.claim("Two folios take as much as one.", by_two.copied == by_one.copied);
  e.claim("The copy continues after two as after one.", Truth{whole == whole_as_one});
  e.claim("The count of bytes copied before only grows.", before <= by_one.copied);
}

/// Completes both from any state. end_of_last: the result of write_end for one folio. Returns the
/// accepted bytes of the run, of the last folio, and of both.
struct Counted {
  Bits run, last, both;
};
Counted complete_both(
    Explorer& e, Folios& folios, const Truth& whole_before,
    const std::function<Bits(const Bits&)>& end_of_last, bool takes_all) {
  Progress by_two{0};
  by_two.accepted = e.fresh("accepted", kFolioBits);
  by_two.whole = whole_before;
  const Bits before = by_two.accepted;
  Progress by_one = by_two;

  GivenHooks hooks;
  hooks.end = [&](const Bits& n) {
    const Bits accepted = any_run_end(e, n);
    if (takes_all) {
      e.assume(
          "A run that was copied as a whole is accepted as a whole.",
          implies(n == folios.run.length, accepted == n));
    }
    return accepted;
  };
  impl::complete(by_two, folios.run, hooks);
  const Bits of_run = by_two.accepted - before;
  hooks.end = end_of_last;
  impl::complete(by_two, folios.last, hooks);
  const Bits of_both = by_two.accepted - before;
  if (e.broken("counts the last folio whatever came before")) {
    by_two.accepted = by_two.accepted + folios.last.copied;
  }

  hooks.end = [&](const Bits&) { return of_both; };
  impl::complete(by_one, folios.both, hooks);
  e.claim("Two folios accept no more than one could.", of_both <= hooks.arrived);
  e.claim("Two folios accept as much as one.", by_two.accepted == by_one.accepted);
  e.claim("Two folios have taken all of their ranges as one has.", iff(by_two.whole, by_one.whole));
  return {of_run, of_both - of_run, of_both};
}

void folios_act_as_one(Explorer& e) {
  Folios folios = lock_both(e);
  copy_both(e, folios, true);
  const Truth uptodate = e.fresh("uptodate", 1) != 0;
  const auto end_of_last = [&](const Bits& n) {
    return any_conforming_end(e, uptodate, folios.last.length, n);
  };
  complete_both(e, folios, e.fresh("whole", 1) != 0, end_of_last, false);
}

/// The same for the bytes that a reader sees, at any position p, with impl's own accept(). A reader
/// sees a copy into an uptodate range at once, so no byte may be copied there and not accepted.
void folios_show_as_one(Explorer& e) {
  Folios folios = lock_both(e);
  const Truth whole = e.fresh("whole", 1) != 0;
  copy_both(e, folios, whole);
  const Truth uptodate = e.fresh("uptodate", 1) != 0;
  const auto end_of_last = [&](const Bits& n) {
    return impl::accept<Bits>(uptodate, folios.last.length, n);
  };
  Counted counted = complete_both(e, folios, whole, end_of_last, true);
  if (e.broken("shows a byte too many")) counted.both = counted.both + 1;

  const Bits p = e.fresh("p");
  const auto at = [&](const FolioRange& range, const Bits& n) {
    return range.pos <= p && p < range.pos + n;
  };
  const Truth in_last = at(folios.last, folios.last.length);
  const Truth copied_here = at(folios.last, folios.last.copied);
  // A reader sees a stale folio's memory once it is accepted, an uptodate one's always; of a run,
  // the accepted bytes.
  const Truth shown =
      (in_last && copied_here && (uptodate || counted.last != 0)) || at(folios.run, counted.run);
  const Truth whole_memory_shown = in_last && !uptodate && counted.last != 0;
  e.claim(
      "Of two folios a reader sees the accepted bytes, and no other that was copied.",
      iff(shown, at(folios.both, counted.both)));
  e.claim(
      "A stale folio is accepted only if all of its memory was copied.",
      implies(whole_memory_shown, copied_here));
  e.claim(
      "Two folios that were copied as a whole are accepted as a whole.",
      implies(
          whole && folios.run.copied + folios.last.copied == folios.both.length,
          counted.both == folios.both.length));
}

}  // namespace

std::vector<Obligation> batch_obligations() {
  return {
      {.name = "impl.write_loop.folios_act_as_one",
       .tag = "GPW-1, GPW-4",
       .subject = "impl",
       .says =
           "After any folios of a batch, two are locked, copied and accepted as one would be.",
       .body = folios_act_as_one},
      {.name = "impl.write_loop.folios_show_as_one",
       .tag = "O2, WB-3, WB-4",
       .subject = "impl",
       .says = "Of any folios of a batch a reader sees the accepted bytes, as of one folio.",
       .body = folios_show_as_one},
  };
}

}  // namespace quire::proofs
