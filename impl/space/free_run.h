// Runs of free blocks: what a grant leaves of one, and what two make together, over a word type.
#pragma once

#include "impl/space/block_counts.h"
#include "spec/word.h"

namespace quire::impl {

/// The free blocks of a run before and behind a part that is granted. Either may be empty.
template <class W>
struct RunRest {
  BlockRange<W> head;
  BlockRange<W> tail;
};

/// What is left of a run. Requires that `granted` lies in it.
template <spec::Word W>
constexpr RunRest<W> rest_of(const BlockRange<W>& run, const BlockRange<W>& granted) {
  return {{run.start, granted.start}, {granted.end, run.end}};
}

/// How many runs that is: 0 to 2.
template <spec::Word W>
constexpr W runs_in(const RunRest<W>& rest) {
  using spec::ite;
  return ite(rest.head.start < rest.head.end, W{1}, W{0}) +
         ite(rest.tail.start < rest.tail.end, W{1}, W{0});
}

/// Blocks that become free, joined with the free runs before and behind them where they touch
/// these. Requires that no block of `before` or of `behind` lies in `freed`; either may be any
/// other range.
template <spec::Word W>
constexpr BlockRange<W> joined(
    const BlockRange<W>& before, const BlockRange<W>& freed, const BlockRange<W>& behind) {
  using spec::ite;
  return {
      ite(before.end == freed.start, before.start, freed.start),
      ite(behind.start == freed.end, behind.end, freed.end)};
}

}  // namespace quire::impl
