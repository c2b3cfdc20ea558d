// The loop in which a task that dirtied pages waits for writeback (Linux: balance_dirty_pages).
#pragma once

#include "ref/throttle/dirty_limits.h"
#include "spec/linux/throttle.h"

#include <cerrno>
#include <concepts>

namespace quire::ref {

/// The hooks of the loop.
template <class H, class W>
concept ThrottleHooks = spec::Word<W> && requires(H hooks, const W n, spec::ThrottleRound<W> r) {
  { hooks.dirty() } -> std::same_as<W>;      // pages, of all devices
  { hooks.own_dirty() } -> std::same_as<W>;  // of the device that the task writes to
  { hooks.base_rate() } -> std::same_as<W>;  // pages a second that the device writes
  { hooks.sleep(n) } -> std::same_as<W>;     // ms; answers those slept, fewer after a fatal signal
  { hooks.fatal_signal() } -> std::same_as<spec::TruthOf<W>>;
  hooks.start_flusher();
  hooks.round_ends(r);
};

/// One round. Returns whether another follows. `quota` becomes the pages that the task may dirty
/// before its next check.
template <spec::Arithmetic W, ThrottleHooks<W> Hooks>
bool throttle_round(Hooks& hooks, spec::ThrottleRound<W>& round, W& quota) {
  using spec::ite;
  const W none{0};
  const W one{1};
  round.dirty = hooks.dirty();
  round.own = hooks.own_dirty();
  round.base_rate = hooks.base_rate();
  round.ratio = round.rate = round.wanted = round.slept = none;
  round.fatal = round.flusher = round.answer = round.goes_on = none;
  if (round.marks.background < round.dirty) {
    hooks.start_flusher();
    round.flusher = one;
  }
  if (round.dirty <= round.marks.freerun) {
    quota = free_run_quota(round.marks, round.dirty);
    return false;
  }

  round.ratio = position_ratio(round.marks, round.dirty);
  round.rate = task_rate(round.base_rate, round.ratio);
  round.wanted = pause(round.pages, round.rate, round.think);
  // A refused task keeps its quota, so that the next call is refused as well.
  if (round.wanted != 0) {
    if (round.nowait != 0) {
      round.answer = W{spec::error(EAGAIN)};  // BDP-2
      return false;
    }
  }
  quota = throttled_quota(round.rate);
  if (round.wanted == 0) return false;
  round.slept = hooks.sleep(round.wanted);
  round.fatal = ite(hooks.fatal_signal(), one, none);
  // With a rate above 0 the sleep was enough. With none the task waits again, unless the dirty
  // pages are of other devices.
  if (round.rate != 0) return false;
  if (round.own <= spec::kAlmostNothing) return false;
  if (round.fatal != 0) return false;
  round.goes_on = one;
  return true;
}

/// Makes a task wait that has dirtied `pages` since it last did, `think` ms ago.
///
/// Returns 0, after a fatal signal as well (its caller checks for it), or EAGAIN as a word, if
/// `nowait` and it would have to sleep. Each sleep takes kPauseMax ms at most (BDP-3). Requires
/// that no lock below the file's IOLOCK is held (BDP-1).
template <spec::Arithmetic W, ThrottleHooks<W> Hooks>
W balance_dirty_pages(
    Hooks& hooks, const spec::DirtyLimits<W>& marks, const W& pages, const W& think,
    const W& nowait, W& quota) {
  const W none{0};
  spec::ThrottleRound<W> round{marks, none, none,   none, none, none, pages, think,
                               none,  none, nowait, none, none, none, none};
  bool goes_on = true;
  while (goes_on) {
    goes_on = throttle_round<W>(hooks, round, quota);
    hooks.round_ends(round);
    // A further sleep is one of the longest kind.
    round.think = none;
  }
  return round.answer;
}

}  // namespace quire::ref
