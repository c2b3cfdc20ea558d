// The throttle of ref/: one round of its loop, and the arithmetic of its thresholds, for any
// limits.
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/throttle/balance_dirty_pages.h"
#include "ref/throttle/dirty_limits.h"
#include "spec/linux/throttle.h"

#include <boost/hana/tuple.hpp>

namespace quire::proofs {
namespace {

using Round = spec::ThrottleRound<Bits>;

/// Bits of a count of pages (BDP-4), and of the longest time between sleeps that matters.
constexpr unsigned kPageBits = 32, kThinkBits = 20;

/// The thresholds for any amount of memory, with the properties that ref.throttle.thresholds
/// proves.
spec::DirtyLimits<Bits> any_marks(Explorer& e) {
  const Bits background = e.fresh("background", kPageBits);
  const Bits freerun = e.fresh("freerun", kPageBits), span = e.fresh("span", kPageBits);
  const Bits limit = freerun + span;
  const char* const proven = "The thresholds have the properties of ref.throttle.thresholds.";
  e.assume(proven, background <= freerun && span != 0 && limit <= spec::kPageCountMax);
  e.assume(
      proven, freerun + freerun <= background + limit &&
                  background + limit <= freerun + freerun + 1 && background < limit);
  return {background, freerun, limit};
}

void thresholds(Explorer& e) {
  const Bits available = e.fresh("available");
  spec::DirtyLimits<Bits> marks = ref::dirty_limits<Bits>(available);
  // The breaks are tried at one value: a solver is slow to find values for products.
  if (e.broken("keeps the limit as wide as memory")) {
    e.assume("A value at which the break shows.", available == ~std::uint64_t{0});
    marks.limit = spec::max(Bits{2}, quotient(available, Bits{5}));
  }
  if (e.broken("sets the free-run threshold to the limit")) marks.freerun = marks.limit;
  e.claim("A count fits 32 bits (BDP-4).", marks.limit <= spec::kPageCountMax, marks);
  e.claim(
      "The background threshold, the free-run threshold and the limit ascend.",
      marks.background <= marks.freerun && marks.freerun < marks.limit, marks);
  e.claim(
      "The free-run threshold is half way between the other two.",
      marks.freerun + marks.freerun <= marks.background + marks.limit &&
          marks.background + marks.limit <= marks.freerun + marks.freerun + 1,
      marks);
}

/// Bits of a rate: twice the device's, which is a count of pages.
constexpr unsigned kRateBits = 34;

/// Any count of dirty pages above the free-run threshold.
Round any_round(Explorer& e) {
  const Bits none{0};
  Round round{any_marks(e), e.fresh("dirty", kPageBits),
              none,         none,
              none,         none,
              none,         none,
              none,         none,
              none,         none,
              none,         none,
              none};
  e.assume("More is dirty than the free-run threshold.", round.marks.freerun < round.dirty);
  return round;
}

void rate(Explorer& e) {
  Round round = any_round(e);
  round.base_rate = e.fresh("base_rate", kPageBits);
  round.ratio = ref::position_ratio<Bits>(round.marks, round.dirty);
  if (e.broken("keeps the rate of the device")) {
    e.assume("A value at which the break shows.", round.dirty == round.marks.limit);
    round.ratio = spec::kRatioOne;
  }
  e.claim("The ratio is 2 at most.", round.ratio <= 2 * spec::kRatioOne, round);
  // So it is a word of few bits, and its products cannot wrap.
  const Bits ratio = e.fresh("ratio", 12);
  e.assume("A new word equals the ratio.", ratio == round.ratio);
  e.lemma("The ratio is 2 at most.", ratio <= 2 * spec::kRatioOne);
  round.ratio = ratio;
  e.claim(spec::ratio_falls_to_the_limit, round);
  e.claim(
      "The rate fits its bits (BDP-4).",
      rsh(ref::task_rate<Bits>(round.base_rate, ratio), Bits{kRateBits}) == 0, round);
}

/// The sleep alone, by any rate.
void pause(Explorer& e) {
  Round round = any_round(e);
  round.rate = e.fresh("rate", kRateBits);
  round.pages = e.fresh("pages", kPageBits);
  round.think = e.fresh("think", kThinkBits);
  round.wanted = ref::pause<Bits>(round.pages, round.rate, round.think);
  if (e.broken("forgets the time since the last sleep")) {
    e.assume(
        "A value at which the break shows.",
        round.pages == 100 && round.rate == 1000 && round.think == 50);
    round.wanted = ref::pause<Bits>(round.pages, round.rate, Bits{0});
  }
  // In two easy steps: the sleep compared with the time that the pages take, and then with the
  // rate.
  const Bits period = quotient(product(round.pages, Bits{1000}), round.rate);
  const auto fits = [&](const Bits& wanted) {
    return implies(wanted != spec::kPauseMax, period <= wanted + round.think) &&
           implies(wanted != 0, wanted + round.think <= period);
  };
  e.claim(
      "It ends with the pages' time, or as near as its limits allow.", fits(round.wanted), round);
  round.wanted = e.fresh("any_pause", 8);
  e.assume("A sleep of any length that fits.", fits(round.wanted));
  e.claim(spec::waits_as_its_rate_asks, round);
}

struct Hooks {
  Explorer& e;
  Bits slept{0};
  Round seen;

  Bits dirty() { return e.fresh("dirty", kPageBits); }
  Bits own_dirty() { return e.fresh("own_dirty", kPageBits); }
  Bits base_rate() { return e.fresh("base_rate", kPageBits); }
  Bits sleep(const Bits& ms) {
    const Bits slept = e.fresh("slept", 8);
    e.assume("A sleep takes no longer than asked.", slept <= ms);
    return slept;
  }
  Truth fatal_signal() { return e.fresh("signal", 1) != 0; }
  void start_flusher() {}
  void round_ends(const Round& round) { seen = round; }
};

void round(Explorer& e) {
  const Bits none{0};
  Round round{
      any_marks(e),
      none,
      none,
      none,
      none,
      none,
      e.fresh("pages", kPageBits),
      e.fresh("think", kThinkBits),
      none,
      none,
      e.fresh("nowait", 1),
      none,
      none,
      none,
      none};
  Hooks hooks{e, none, round};
  Bits quota{0};
  const bool goes_on = ref::throttle_round<Bits>(hooks, round, quota);
  if (e.broken("goes on after a full sleep")) round.goes_on = 1;
  if (e.broken("sleeps a second")) round.wanted = ite(round.wanted != 0, Bits{1000}, none);
  if (e.broken("returns 0 where it must not wait")) round.answer = 0;
  if (e.broken("waits below the free-run threshold")) round.wanted = round.wanted + 1;
  if (e.broken("does not start the flusher")) round.flusher = 0;
  e.claim("The record says whether it goes on.", iff(round.goes_on == 1, Truth{goes_on}), round);
  e.claim(
      "A task without an error may then dirty a page (BDP-3).", round.answer != 0 || quota != 0,
      round);
  const Truth free = round.dirty <= round.marks.freerun;
  e.claim(
      "Ratio, rate and sleep come from the functions that other obligations prove.",
      free || (round.ratio == ref::position_ratio<Bits>(round.marks, round.dirty) &&
               round.rate == ref::task_rate<Bits>(round.base_rate, round.ratio) &&
               round.wanted == ref::pause<Bits>(round.pages, round.rate, round.think)),
      round);
  e.claim_all(
      boost::hana::make_tuple(
          spec::thresholds_are_ordered, spec::flusher_runs_above_background,
          spec::free_run_never_waits, spec::sleep_is_bounded,
          spec::nowait_answers_where_it_would_sleep, spec::goes_on_only_at_rate_zero),
      round);
}

}  // namespace

std::vector<Obligation> throttle_obligations() {
  return {
      {.name = "ref.throttle.thresholds",
       .tag = "BDP-4, 9",
       .subject = "ref",
       .says = "The thresholds for any amount of memory ascend and fit 32 bits.",
       .body = thresholds},
      {.name = "ref.throttle.rate",
       .tag = "BDP-4, 9",
       .subject = "ref",
       .says = "The ratio falls from 2 to 0 as dirty pages rise; no product of it overflows.",
       .body = rate},
      {.name = "ref.throttle.pause",
       .tag = "9",
       .subject = "ref",
       .says = "A sleep is the time of the pages at the task's rate, less the time since the last.",
       .body = pause},
      {.name = "ref.throttle.round",
       .tag = "BDP-2 to BDP-4, 9",
       .subject = "ref",
       .says = "A round sleeps as its rate requires, at most 200 ms, and nothing in it overflows.",
       .body = round},
  };
}

}  // namespace quire::proofs
