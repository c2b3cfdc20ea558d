// A batch of impl accepts exactly what the loop of ref accepts, folio by folio, however many there
// are.
//
// Both run in the same world: the end of each folio and whether its range is uptodate, the errors
// of write_begin and write_end, and the readable bytes of the caller's memory. The claim is one
// step of an induction on the folios of a batch, in the order of the file. The batch runs as it
// ships, from any state, over
//   before  any number of folios that accepted all of their ranges; may be none
//   one     the folio of this step
//   behind  any number of folios, locked although `one` then did not accept all of its part
// ref's loop makes its attempt on `one`, from the state that it has after `before` by the earlier
// steps. If `one` accepts all of its range, ref is then at the start of the next step; if not, or
// if it is the last, the batch ends with ref's result. batch_proofs.cpp proves that any number of
// folios act as one.
//
// ref stops at the first folio that did not accept all of its range: from there impl makes a new
// batch and ref an attempt, and both start from the same byte.
//
// The world does not change during a batch. Memory that becomes unreadable between fault-in and
// copy is the subject of the obligations on one attempt (write_loop_proofs.cpp).
//
// Where ref asks the world a question that impl asked before, it is claimed that the questions are
// equal, and later claims rely on that.
#include "impl/file/accept.h"
#include "impl/file/write_loop.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/plain/write_loop.h"
#include "spec/hooks.h"

#include <cerrno>
#include <cstddef>
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

/// The answers to both loops at the folio of this step.
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
      : e(e),
        start(any_situation(e)),
        good(e.fresh("good", kCountBits)),
        signal(e.fresh("signal", 1) != 0) {
    if (!static_cast<bool>(e.fresh("there_are_folios_before", 1) != 0)) return;
    before = e.fresh("before", kFolioBits);
    e.assume(
        "Folios before were asked for, copied into and followed by another.",
        *before != 0 && *before < spec::next_want(start.loop, start.left) && *before <= good &&
            !signal && start.loop.retry == 0);
  }

  Folio& begin(const Bits& pos, const Bits& want) {
    if (!one_) {
      const Bits room = e.fresh("folio_room", kFolioBits);
      e.assume("A folio that was begun holds the position (WB-1).", room != 0);
      one_ = {
          pos,
          want,
          room,
          any_error(e, "begin_errno"),
          any_error(e, "end_errno"),
          e.fresh("uptodate", 1) != 0};
    } else {
      e.lemma("Both begin a folio at the same byte.", one_->pos == pos);
      e.lemma("Both begin a folio for as many bytes.", one_->want == want);
    }
    return *one_;
  }

  Bits copy(const Bits& n, const Bits& readable) {
    if (one_->copy) {
      e.lemma("Both copy as much into a folio.", one_->copy->question == n);
    } else {
      one_->copy = {n, n <= readable ? n : readable};
    }
    return one_->copy->answer;
  }

  Bits end(const Bits& length, const Bits& copied) {
    if (one_->end) {
      e.lemma("Both end a folio with as much copied.", one_->end->question == copied);
    } else {
      const Bits counts = impl::accept<Bits>(one_->uptodate, length, copied);
      one_->end = {copied, one_->end_error != 0 ? one_->end_error : counts};
    }
    return one_->end->answer;
  }

  Explorer& e;
  const Situation start;
  const Bits good;  // bytes of the caller's memory that can be read, from where the batch starts
  const Truth signal;
  std::optional<Bits> before;  // bytes

 private:
  std::optional<Folio> one_;
};

enum class Stage { before, one, behind, over };

/// The hooks of one run through a world, from the folios before or from the one of this step on.
class WorldHooks {
 public:
  struct Folio : spec::Begun<Bits> {
    Stage stage;
  };
  static constexpr std::size_t kBatchFolios = 3;

  WorldHooks(World& world, Stage from, const Bits& done)
      : world_(world), next_(from), left_(world.start.left - done), good_(world.good - done) {}

  spec::IterState<Bits> iter() const { return {left_, world_.start.total - left_, left_}; }
  void throttle() {}
  Truth fatal_signal() { return world_.signal; }
  Bits fault_in(const Bits& n) { return n - spec::min(n, good_); }

  Folio write_begin(const Bits& pos, const Bits& want) {
    const Stage stage = next_;
    if (next_ != Stage::over) next_ = static_cast<Stage>(static_cast<int>(next_) + 1);
    switch (stage) {
      case Stage::before: return {{0, pos, pos + *world_.before}, stage};
      case Stage::one: {
        World::Folio& folio = world_.begin(pos, want);
        return {{folio.begin_error, pos, pos + folio.room}, stage};
      }
      case Stage::behind: {
        const Bits room = world_.e.fresh("room_behind", kFolioBits);
        const Bits error = any_error(world_.e, "error_behind");
        some_behind_ = !static_cast<bool>(error != 0);
        return {{error, pos, pos + room}, stage};
      }
      case Stage::over: break;
    }
    return {{spec::error(EAGAIN), pos, pos}, stage};
  }

  Bits copy(Folio& folio, const Bits&, const Bits& n) {
    const Bits copied = copied_into(folio, n);
    left_ = left_ - copied;
    good_ = good_ - copied;
    return copied;
  }

  Bits write_end(Folio& folio, const Bits&, const Bits& length, const Bits& copied) {
    Explorer& e = world_.e;
    if (folio.stage == Stage::before) {
      world_.e.lemma("The folios before are ended as they were copied.", copied == length);
      return length;
    }
    if (folio.stage == Stage::behind) {
      if (e.broken("accepts folios after a short copy")) return length;
      return any_run_end(e, copied);
    }
    const Bits status = world_.end(length, copied);
    whole_ = status == length;
    if (some_behind_) {
      e.assume(
          "The folios behind follow one that did not accept all of its range.",
          !whole_);
    }
    return status;
  }

  void revert(const Bits& n) {
    left_ = left_ + n;
    good_ = good_ + n;
  }
  void attempt_begins(const spec::LoopState<Bits>&) {}
  void attempt_ends(const spec::LoopState<Bits>&, bool) {}

  /// Whether the folio of this step was begun and accepted all of its range.
  const Truth& whole() const { return whole_; }

 private:
  Bits copied_into(const Folio& folio, const Bits& n) {
    if (folio.stage == Stage::before) {
      world_.e.lemma("The folios before are prepared for all of their bytes.", n == *world_.before);
      return n;
    }
    if (folio.stage == Stage::one) return world_.copy(n, good_);
    return world_.e.fresh("copied_behind", kFolioBits);
  }

  World& world_;
  Stage next_;
  Bits left_, good_;
  Truth whole_ = false;
  bool some_behind_ = false;
};

/// The state of ref's loop after `done` bytes in folios that accepted all of their ranges.
spec::LoopState<Bits> after_whole_folios(const spec::LoopState<Bits>& start, const Bits& done) {
  return {start.pos + done, start.chunk, 0, start.written + done, 0};
}

void batch_accepts_what_ref_accepts(Explorer& e) {
  World world(e);
  const spec::LoopState<Bits>& start = world.start.loop;

  WorldHooks for_impl(world, world.before ? Stage::before : Stage::one, 0);
  spec::LoopState<Bits> by_impl = start;
  const bool impl_goes_on = impl::write_batch<Bits>(by_impl, for_impl);

  const Bits before = world.before.value_or(0);
  WorldHooks for_ref(world, Stage::one, before);
  spec::LoopState<Bits> by_ref = world.before ? after_whole_folios(start, before) : start;
  e.assume(
      "The rest of a window shrinks (spec.write_loop.window_shrinks).",
      window_shrinks(start.pos, by_ref.pos, start.chunk));
  const bool ref_goes_on = ref::attempt<Bits>(by_ref, for_ref);

  const Bits accepted = by_ref.written - start.written;
  spec::LoopState<Bits> next = after_whole_folios(start, accepted);
  if (e.broken("asks for less after a whole folio")) next.retry = 1;
  e.claim(
      "After a folio that accepted all of its range ref begins the next like the start of a call.",
      implies(
          for_ref.whole(), spec::same(by_ref, next) &&
                               for_ref.iter().left == world.start.left - accepted &&
                               iff(ref_goes_on, for_ref.iter().left != 0)));

  if (e.broken("loses a byte")) by_impl.written = by_impl.written - 1;
  if (e.broken("stops a byte too early")) by_impl.pos = by_impl.pos - 1;
  if (e.broken("forgets to revert")) for_impl.revert(1);
  if (e.broken("tries again with less")) by_impl.retry = rsh(by_impl.retry, Bits{1});

  e.claim("Both accept the same bytes.", by_impl.written == by_ref.written);
  e.claim("Both end at the same byte of the file.", by_impl.pos == by_ref.pos);
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
       .says = "The rest of a window shrinks by as much as the position advances within it.",
       .body =
           [](Explorer& e) {
             const Bits power = lsh(Bits{spec::kPageSize}, e.fresh("chunk_order", 4));
             const Bits chunk = e.broken("takes a chunk of any size") ? power + 1 : power;
             e.claim(
                 "It shrinks by as much.", window_shrinks(e.fresh("from"), e.fresh("to"), chunk));
           }},
      {.name = "both.write_loop.batch_accepts_what_ref_accepts",
       .tag = "GPW-1, GPW-3, GPW-9",
       .subject = "both",
       .says = "A batch over several folios accepts exactly what ref accepts, folio by folio.",
       .effort = 60,
       .body = batch_accepts_what_ref_accepts},
  };
}

}  // namespace quire::proofs
