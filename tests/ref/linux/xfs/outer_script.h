// Scripted hooks for XFS's outer write path, and a judge of every step.
#pragma once

#include "ref/linux/xfs/outer_loop.h"
#include "spec/linux/xfs/outer_tapped.h"
#include "tests/ref/breaks.h"
#include "tests/ref/judge.h"
#include "tests/ref/strict_word.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quire::tests {

/// The behaviour of the environment. Lists are used up from the front; then every call succeeds.
struct Script {
  Number total = 100;
  Number size = 1000;
  bool append = false;
  Number limit = spec::kFileSizeMax;       ///< where the checks cut
  std::vector<Number> trylocks{};          ///< answers to those that may not wait
  std::vector<Number> checks{};            ///< errors
  Number leases = 0;                       ///< how often a layout is found to be leased
  std::vector<Number> broken_layouts{};    ///< errors
  bool privileged = false;                 ///< the file loses privileges by a write
  std::vector<Number> zeroes{};            ///< errors
  std::vector<Number> modifies{};          ///< errors
  std::vector<Number> writes{};            ///< errors, or 0 for all bytes, or a short count
  std::vector<Number> sizes_while_free{};  ///< what others make of the size while the lock is free
  Number size_after_drain = 0;             ///< what direct I/O made of the size; 0: nothing
};

inline Number next(std::vector<Number>& list) {
  if (list.empty()) return 0;
  const Number first = list.front();
  list.erase(list.begin());
  return first;
}

template <spec::Word W>
class ScriptedHooks {
 public:
  explicit ScriptedHooks(const Script& script) : s_(script), left_(script.total) {}

  W left() const { return W{left_}; }
  W size() const { return W{s_.size}; }
  void reexpand(const W& total) { left_ = number_of(total); }
  W lock(const W&, const W& nowait) {
    if (number_of(nowait) == 0) return W{0};
    return W{next(s_.trylocks)};
  }
  void unlock(const W&) {
    if (!s_.sizes_while_free.empty()) s_.size = next(s_.sizes_while_free);
  }
  W check(W& pos) {
    if (const Number error = next(s_.checks)) return W{error};
    if (s_.append) pos = W{s_.size};
    if (s_.limit <= number_of(pos)) return W{spec::error(EFBIG)};
    left_ = std::min(left_, s_.limit - number_of(pos));
    return W{0};
  }
  spec::TruthOf<W> layout_is_leased() { return W{0} < W{s_.leases}; }
  W break_layout() {
    --s_.leases;
    return W{next(s_.broken_layouts)};
  }
  spec::TruthOf<W> drops_privileges() { return W{0} < W{s_.privileged}; }
  void drain() {
    if (s_.size_after_drain != 0) s_.size = s_.size_after_drain;
  }
  void lock_invalidate() {}
  void unlock_invalidate() {}
  W zero(const W& from, const W& to) {
    gaps.push_back({number_of(from), number_of(to)});
    return W{next(s_.zeroes)};
  }
  W modify(const W&) {
    const Number error = next(s_.modifies);
    if (error == 0) s_.privileged = false;
    return W{error};
  }
  W write(const W& pos, const W&) {
    const Number answer = next(s_.writes);
    if (spec::is_error(answer)) return W{answer};
    const Number bytes = answer == 0 ? left_ : std::min(answer, left_);
    left_ -= bytes;
    s_.size = std::max(s_.size, number_of(pos) + bytes);
    return W{bytes};
  }
  void flush() {}
  void quota_gc() {}
  void space_gc() {}
  void account(const W& bytes) { counted += number_of(bytes); }

  std::vector<std::pair<Number, Number>> gaps;
  Number counted = 0;

 private:
  Script s_;
  Number left_;
};

/// Judges, and keeps the actions in order.
class OuterJudge {
 public:
  void step(const spec::OuterStep<Number>& step) {
    EXPECT_EQ(broken_clauses(step), std::set<std::string>{}) << describe(step);
    actions.push_back(static_cast<spec::OuterAction>(step.action));
  }
  std::vector<spec::OuterAction> actions;
};

struct Outcome {
  Number result;
  Number pos;
  std::vector<spec::OuterAction> actions;
  std::vector<std::pair<Number, Number>> gaps;
  spec::OuterCall<Number> call;

  Number count(spec::OuterAction action) const {
    return static_cast<Number>(std::ranges::count(actions, action));
  }
};

inline Outcome run(
    const Script& script, Number pos, bool nowait = false,
    spec::IolockMode mode = spec::IolockMode::exclusive) {
  OuterJudge judge;
  ScriptedHooks<Number> hooks(script);
  spec::OuterTapped<Number, ScriptedHooks<Number>, OuterJudge> tapped(
      hooks, judge, script.total, nowait, pos);
  spec::OuterState<Number> state{nowait, script.total, pos, 0, 0, 0, 0};
  ref::xfs::buffered_write_rounds<Number>(state, tapped, mode);
  auto call = tapped.call(state.status);
  call.after.counted = hooks.counted;
  EXPECT_EQ(broken_clauses(call), std::set<std::string>{}) << describe(call);
  return {state.status, state.pos, judge.actions, hooks.gaps, call};
}

}  // namespace quire::tests
