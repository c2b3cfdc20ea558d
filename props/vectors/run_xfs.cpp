// Vectors of XFS's path around the write.
#include "props/vectors/scripted_answers.h"
#include "ref/linux/xfs/outer_loop.h"
#include "spec/linux/xfs/outer_tapped.h"
#include "spec/vectors/xfs.h"

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Observed = spec::Observed<Number>;
using Hooks = spec::OuterVectorHooks<Number, ScriptedAnswers>;

/// One pass of the checks. No clause speaks of it: they are about calls, which have taken the
/// IOLOCK themselves.
Observed check(ScriptedAnswers& words) {
  spec::OuterState<Number> state = spec::before_the_checks<Number>(words);
  Hooks hooks(words, state);
  const bool goes_on = ref::xfs::check_once<Number>(state, hooks);
  return {spec::fields_of<Number>(state), hooks.left(), goes_on};
}

Observed xfs_call(ScriptedAnswers& words, Judge& judge) {
  spec::OuterState<Number> state = spec::before_an_outer_call<Number>(words);
  const spec::IolockMode mode = spec::mode_of_a_call<Number>(words);
  Hooks hooks(words, state);
  ToJudge to_judge{judge};
  spec::OuterTapped<Number, Hooks, ToJudge> tap(
      hooks, to_judge, state.total, state.nowait, state.pos);
  ref::xfs::buffered_write_rounds<Number>(state, tap, mode);
  spec::OuterCall<Number> seen = tap.call(state.status);
  seen.after.counted = hooks.counted();
  judge.step(seen);
  return {spec::fields_of<Number>(state), hooks.left(), state.status};
}

}  // namespace

Observed run_xfs(const Vector& vector, ScriptedAnswers& words, Judge& judge) {
  if (vector.run == "ref.xfs_check") return check(words);
  if (vector.run == "ref.xfs_call") return xfs_call(words, judge);
  no_such_run(vector);
}

}  // namespace quire::props
