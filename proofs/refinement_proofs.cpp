// A trip of impl accepts exactly what the loop of ref accepts, folio by folio.
//
// From any state, one trip of impl and then as many attempts of ref as it takes for the same
// folios. Both meet the same world: where each folio ends and whether its range is uptodate, what
// write_begin and write_end fail with, and how much of the caller's memory can be read. ref is
// stopped at the first folio that did not take all of its part: what impl does from there on is a
// new trip, what ref does is an attempt, and both start from the same byte.
//
// The world stands still over a trip: memory that goes away between fault-in and copy is the
// subject of the obligations on one attempt (write_loop_proofs.cpp), not of this one.
//
// The argument goes from question to question: where ref asks the world what impl asked it before,
// that is claimed, and relied on from there.
#include "impl/accept.h"
#include "impl/write_loop.h"
#include "proofs/obligations.h"
#include "proofs/symbolic_hooks.h"
#include "ref/write_loop.h"
#include "spec/hooks.h"

#include <cstddef>
#include <deque>
#include <optional>

namespace quire::proofs {
namespace {

/// A question that impl asked, and its answer.
struct Asked {
  Bits question, answer;
};

/// A theorem, spec.write_loop.window_shrinks, for any `chunk` that is a power of two: the rest of a
/// window shrinks by what the position moves within it.
Truth window_shrinks(const Bits& from, const Bits& to, const Bits& chunk) {
  const Bits left = spec::window_left(from, chunk);
  return implies(to - from < left, spec::window_left(to, chunk) == left - (to - from));
}

/// What both loops find. A write meets folios in the order of the file, so that the n-th of a run
/// is the n-th here.
class World {
 public:
  struct Folio {
    Bits pos, want;  // as write_begin is asked
    Bits room;       // bytes from pos to the folio's end
    Bits begin_error, end_error;
    Truth uptodate;
    std::optional<Asked> copy = {};  // bytes wanted: bytes that arrive
    std::optional<Asked> end = {};   // bytes that arrived: bytes that count, or an error
  };

  explicit World(Explorer& e)
      : start(any_situation(e)),
        good(e.fresh("good", kCountBits)),
        signal(e.fresh("signal", 1) != 0),
        e_(e) {}

  Folio& begin(std::size_t n, const Bits& pos, const Bits& want) {
    if (n == folios_.size()) {
      const Bits room = e_.fresh("folio_room", kFolioBits);
      e_.assume("A folio that was begun holds the position (WB-1).", room != 0);
      folios_.push_back(
          {pos, want, room, any_error(e_, "begin_errno"), any_error(e_, "end_errno"),
           e_.fresh("uptodate", 1) != 0});
    } else {
      e_.lemma("Both begin a folio at the same byte.", folios_[n].pos == pos);
      e_.lemma("Both begin a folio for as many bytes.", folios_[n].want == want);
    }
    return folios_[n];
  }

  Bits copy(Folio& folio, const Bits& n, const Bits& readable) {
    if (folio.copy) {
      e_.lemma("Both copy as much into a folio.", folio.copy->question == n);
    } else {
      folio.copy = {n, n <= readable ? n : readable};
    }
    return folio.copy->answer;
  }

  Bits end(Folio& folio, const Bits& length, const Bits& copied) {
    if (folio.end) {
      e_.lemma("Both end a folio with as much copied.", folio.end->question == copied);
    } else {
      const Bits counts = impl::accept<Bits>(folio.uptodate, length, copied);
      folio.end = {copied, folio.end_error != 0 ? folio.end_error : counts};
    }
    return folio.end->answer;
  }

  const Situation start;
  const Bits good;  // bytes of the caller's memory that can be read, from where the loops start
  const Truth signal;

 private:
  Explorer& e_;
  std::deque<Folio> folios_;
};

/// The hooks of one run through a world.
class WorldHooks {
 public:
  struct Folio : spec::Begun<Bits> {
    World::Folio* found;
  };
  static constexpr std::size_t kTripFolios = proofs::kTripFolios;

  explicit WorldHooks(World& world) : world_(world), left_(world.start.left), good_(world.good) {}

  spec::IterState<Bits> iter() const { return {left_, world_.start.total - left_}; }
  void throttle() {}
  Truth fatal_signal() { return world_.signal; }
  Bits fault_in(const Bits& n) { return n - spec::min(n, good_); }

  Folio write_begin(const Bits& pos, const Bits& want) {
    World::Folio& folio = world_.begin(begun_++, pos, want);
    return {{folio.begin_error, pos, pos + folio.room}, &folio};
  }

  Bits copy(Folio& folio, const Bits&, const Bits& n) {
    wanted_ = n;
    const Bits copied = world_.copy(*folio.found, n, good_);
    left_ = left_ - copied;
    good_ = good_ - copied;
    return copied;
  }

  Bits write_end(Folio& folio, const Bits&, const Bits& length, const Bits& copied) {
    // A control, for paths over more than one folio.
    if (counts_behind_ && ++ended_ > 1) return length;
    return world_.end(*folio.found, length, copied);
  }

  void revert(const Bits& n) {
    left_ = left_ + n;
    good_ = good_ + n;
  }
  void attempt_begins(const spec::LoopState<Bits>&) {}
  void attempt_ends(const spec::LoopState<Bits>&, bool) {}

  /// From here on each folio but the first counts as if all of it had arrived.
  void count_behind() { counts_behind_ = true; }

  std::size_t begun() const { return begun_; }
  const Bits& wanted() const { return wanted_; }  // by the last copy

 private:
  World& world_;
  Bits left_, good_;
  Bits wanted_{0};
  std::size_t begun_ = 0, ended_ = 0;
  bool counts_behind_ = false;
};

void trip_accepts_what_ref_accepts(Explorer& e) {
  World world(e);
  const spec::LoopState<Bits>& start = world.start.loop;

  WorldHooks for_impl(world);
  if (e.broken("counts what lies behind a short copy")) for_impl.count_behind();
  spec::LoopState<Bits> by_impl = start;
  const bool impl_goes_on = impl::trip<Bits>(by_impl, for_impl);

  WorldHooks for_ref(world);
  spec::LoopState<Bits> by_ref = start;
  bool ref_goes_on = true, whole = true;
  do {
    const Bits before = by_ref.written;
    ref_goes_on = ref::attempt<Bits>(by_ref, for_ref);
    whole = static_cast<bool>(by_ref.written - before == for_ref.wanted());
    e.assume(
        "What is left of a window shrinks so (spec.write_loop.window_shrinks).",
        window_shrinks(start.pos, by_ref.pos, start.chunk));
  } while (ref_goes_on && whole && for_ref.begun() < for_impl.begun());
  if (e.broken("loses a byte")) by_impl.written = by_impl.written - 1;
  if (e.broken("stops a byte too early")) by_impl.pos = by_impl.pos - 1;
  if (e.broken("forgets to revert")) for_impl.revert(1);
  if (e.broken("tries again with less")) by_impl.retry = rsh(by_impl.retry, Bits{1});

  e.claim("Both accept the same bytes.", by_impl.written == by_ref.written);
  e.claim("Both stand at the same byte of the file.", by_impl.pos == by_ref.pos);
  e.claim("Both leave the iterator at the same byte.", for_impl.iter().left == for_ref.iter().left);
  e.claim(
      "Where nothing is accepted both end, or both try again with as much.",
      implies(
          by_impl.written == start.written,
          Truth{impl_goes_on == ref_goes_on} &&
              (Truth{!impl_goes_on} ||
               (by_impl.retry == by_ref.retry && by_impl.chunk == by_ref.chunk))));
}

}  // namespace

std::vector<Obligation> refinement_obligations() {
  return {
      {.name = "spec.write_loop.window_shrinks",
       .tag = "GPW-5",
       .subject = "spec",
       .says = "What is left of a window shrinks by what the position moves within it.",
       .body =
           [](Explorer& e) {
             const Bits power = lsh(Bits{spec::kPageSize}, e.fresh("chunk_order", 4));
             const Bits chunk = e.broken("takes a chunk of any size") ? power + 1 : power;
             e.claim(
                 "It shrinks by as much.", window_shrinks(e.fresh("from"), e.fresh("to"), chunk));
           }},
      {.name = "both.write_loop.trip_accepts_what_ref_accepts",
       .tag = "GPW-1, GPW-3, GPW-9",
       .subject = "both",
       .says = "A trip over several folios accepts exactly what ref accepts, folio by folio.",
       .bound = kTripBound,
       .effort = 60,
       .body = trip_accepts_what_ref_accepts},
  };
}

}  // namespace quire::proofs
