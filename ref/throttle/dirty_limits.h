// The arithmetic of throttling: marks, ratio, rate, pause and quota.
//
// Templates over a word type that can multiply and divide, so that the text that runs is the text
// that can be proven. Counts are pages of at most 32 bits, times milliseconds, rates pages a
// second.
#pragma once

#include "spec/linux/throttle.h"

#include <cstdint>

namespace quire::ref {

/// The marks for `available` pages of memory: the background mark at 10 %, the limit at 20 %, at
/// least 2 pages, at most what 32 bits hold (BDP-4).
template <spec::Arithmetic W>
spec::DirtyLimits<W> dirty_limits(const W& available) {
  using spec::quotient, spec::rsh;
  const W fifth = quotient(available, W{5});
  const W limit = spec::max(W{2}, spec::min(fifth, W{spec::kPageCountMax}));
  const W background = rsh(limit, W{1});
  return {background, rsh(background + limit, W{1}), limit};
}

/// The ratio of a task's rate to the device's, in 1024ths: a straight line from 2 at the end of the
/// free run to 0 at the limit. Requires dirty past the free run.
template <spec::Arithmetic W>
W position_ratio(const spec::DirtyLimits<W>& marks, const W& dirty) {
  using spec::product, spec::quotient;
  const W room = marks.limit - spec::min(dirty, marks.limit);
  return quotient(product(room, W{2 * spec::kRatioOne}), marks.limit - marks.freerun);
}

/// The rate of a task: the device's times the ratio.
template <spec::Arithmetic W>
W task_rate(const W& base_rate, const W& ratio) {
  using spec::product, spec::rsh;
  return rsh(product(base_rate, ratio), W{10});
}

/// How long a task sleeps that dirtied `pages` and last slept `think` ms ago: 0 .. kPauseMax.
template <spec::Arithmetic W>
W pause(const W& pages, const W& rate, const W& think) {
  using spec::product, spec::quotient;
  // A rate of 0 gives the longest sleep.
  const W period = quotient(product(pages, W{1000}), rate);
  return spec::min(period - spec::min(think, period), W{spec::kPauseMax});
}

/// The pages that a task may dirty before its next check, in the free run: about the square root of
/// the distance to the limit, so that many tasks at once approach the limit gently.
template <spec::Word W>
W free_run_quota(const spec::DirtyLimits<W>& marks, const W& dirty) {
  using spec::ite, spec::lsh;
  const W room = marks.limit - spec::min(dirty, marks.limit);
  W quota{1};
  for (std::uint64_t bit = 1; bit <= 16; ++bit) {
    quota = ite(lsh(W{1}, W{2 * bit}) <= room, lsh(W{1}, W{bit}), quota);
  }
  return quota;
}

/// The same past the free run: the pages that its rate allows in 100 ms.
template <spec::Arithmetic W>
W throttled_quota(const W& rate) {
  using spec::quotient;
  return spec::max(W{1}, spec::min(quotient(rate, W{10}), W{spec::kPageCountMax}));
}

}  // namespace quire::ref
