// The outer loop of iomap: one mapping after the other, until the range is done.
//
// The text is the control part alone, over a word type: on numbers it is the loop that ref/ runs,
// on symbolic words it is what proofs can run. A truth in an `if` forks a symbolic run; && and ||
// are not relied on to stop early.
#pragma once

#include "spec/linux/iomap/hooks.h"
#include "spec/linux/iomap/outer_loop.h"
#include "spec/word.h"

namespace quire::ref::iomap {

/// One begin with its body and its end. Returns whether another iteration follows; `iter` is the
/// state after it. Requires iter.left != 0.
template <spec::Word W, spec::IomapHooks<W> Hooks>
bool iterate_once(spec::IomapState<W>& iter, Hooks& hooks) {
  using spec::ite;
  iter.status = W{0};

  auto mapping = hooks.begin(iter.pos, iter.left);
  if (mapping.error != 0) {
    iter.status = mapping.error;
    return false;
  }

  // The body must leave neither the mapping nor the source that it reads from (IOM-3).
  const W room = spec::min(mapping.end, mapping.source_end) - iter.pos;
  const W length = spec::min(iter.left, room);
  const spec::BodyDone<W> done = hooks.body(mapping, iter.pos, length);
  // Also after an error, and for a body that did nothing (ITR-2).
  const W end_error = hooks.end(mapping, iter.pos, length, done.advanced);

  iter.pos = iter.pos + done.advanced;
  iter.left = iter.left - done.advanced;
  iter.status = ite(end_error != 0 && done.advanced == 0, end_error, done.status);
  // Without progress the same would happen again, unless a fresh mapping is what was missing
  // (ITR-3).
  return static_cast<bool>(
      iter.status == 0 && iter.left != 0 && (done.advanced != 0 || done.stale != 0));
}

/// Makes iterations until the range [pos, pos + length) is done or something ends the loop. Returns
/// the last state: its position says how far it came, its status why it stopped. Requires length !=
/// 0.
template <spec::Word W, spec::IomapHooks<W> Hooks>
spec::IomapState<W> iterate(Hooks& hooks, const W& pos, const W& length) {
  spec::IomapState<W> iter{pos, length, W{0}};
  bool goes_on = true;
  while (goes_on) {
    hooks.iteration_begins(iter);
    goes_on = iterate_once<W>(iter, hooks);
    hooks.iteration_ends(iter, goes_on);
  }
  return iter;
}

/// The result of a read or write that started at `start` (ITR-4): the bytes done, whatever ended
/// the loop behind them; if none, its status.
template <spec::Word W>
W answer(const spec::IomapState<W>& last, const W& start) {
  using spec::ite;
  return ite(last.pos != start, last.pos - start, last.status);
}

}  // namespace quire::ref::iomap
