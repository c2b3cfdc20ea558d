// XFS's outer write path over scripted hooks: every step is held to every clause.
#include "tests/ref/linux/xfs/outer_script.h"

#include <random>

namespace quire::tests {
namespace {

using spec::IolockMode;
using spec::OuterAction;
using enum OuterAction;
using Actions = std::vector<OuterAction>;
constexpr Number kFull = spec::error(ENOSPC);
constexpr Number kQuota = spec::error(EDQUOT);
constexpr Number kBusy = spec::error(EAGAIN);

TEST(OuterLoop, LocksChecksWritesAndUnlocks) {
  const Outcome out = run({}, 0);
  EXPECT_EQ(out.result, 100u);
  EXPECT_EQ(out.actions, (Actions{lock, check, modify, write, unlock, account}));
}

TEST(OuterLoop, LeavesALockAloneThatItDidNotGet) {
  const Outcome out = run({.trylocks = {kBusy}}, 0, true);
  EXPECT_EQ(out.result, kBusy);
  EXPECT_EQ(out.actions, Actions{lock});
}

TEST(OuterLoop, UnlocksOnceAfterAnyError) {
  EXPECT_EQ(run({.checks = {spec::error(EFBIG)}}, 0).actions, (Actions{lock, check, unlock}));
  EXPECT_EQ(run({.modifies = {kBusy}}, 0, true).actions, (Actions{lock, check, modify, unlock}));
  const Outcome io = run({.writes = {spec::error(EIO)}}, 0);
  EXPECT_EQ(io.actions, (Actions{lock, check, modify, write, unlock}));
  EXPECT_EQ(io.result, spec::error(EIO));
}

TEST(OuterLoop, ZeroesTheGapAfterDirectIoIsDrainedAndTheChecksAreMadeAgain) {
  const Outcome out = run({.size = 1000}, 3000);
  EXPECT_EQ(
      out.actions, (Actions{lock, check, drain, check, zero, modify, write, unlock, account}));
  EXPECT_EQ(out.gaps, (std::vector<std::pair<Number, Number>>{{1000, 3000}}));
}

TEST(OuterLoop, ZeroesTheGapThatIsLeftOnceDirectIoHasEnded) {
  EXPECT_EQ(run({.size = 1000, .size_after_drain = 2000}, 3000).gaps[0].first, 2000u);
  EXPECT_TRUE(run({.size = 1000, .size_after_drain = 3000}, 3000).gaps.empty());
  const Outcome out = run({.size = 1000, .append = true, .size_after_drain = 4000}, 3000);
  EXPECT_TRUE(out.gaps.empty()) << "an append has no gap";
}

TEST(OuterLoop, AnswersEagainInsteadOfZeroing) {
  const Outcome out = run({.size = 1000}, 3000, true);
  EXPECT_EQ(out.result, kBusy);
  EXPECT_EQ(out.actions, (Actions{lock, check, unlock}));
}

TEST(OuterLoop, EndsWhereZeroingFailsWithoutLookingForSpace) {
  const Outcome out = run({.size = 1000, .zeroes = {kFull}}, 3000);
  EXPECT_EQ(out.result, kFull);
  EXPECT_EQ(out.count(flush) + out.count(space_gc) + out.count(write), 0u);
}

TEST(OuterLoop, FlushesUnderTheLockAndScansWithoutItWhenTheVolumeIsFull) {
  const Outcome out = run({.writes = {kFull}}, 0);
  EXPECT_EQ(out.result, 100u);
  EXPECT_EQ(
      out.actions, (Actions{
                       lock, check, modify, write, flush, unlock, space_gc, lock, check, modify,
                       write, unlock, account}));
}

TEST(OuterLoop, ScansQuotasWithoutAFlush) {
  const Outcome out = run({.writes = {kQuota}}, 0);
  EXPECT_EQ(out.result, 100u);
  EXPECT_EQ(out.count(flush), 0u);
  EXPECT_EQ(out.count(quota_gc), 1u);
}

TEST(OuterLoop, RetriesOnceForBothErrorsTogether) {
  for (const Number first : {kFull, kQuota}) {
    for (const Number second : {kFull, kQuota}) {
      const Outcome out = run({.writes = {first, second}}, 0);
      EXPECT_EQ(out.result, second);
      EXPECT_EQ(out.count(write), 2u);
      EXPECT_EQ(out.count(quota_gc) + out.count(space_gc), 1u);
      EXPECT_EQ(out.call.pos, 0u);
    }
  }
}

TEST(OuterLoop, KeepsAShortCountWithoutLookingForSpace) {
  const Outcome out = run({.writes = {40}}, 0);
  EXPECT_EQ(out.result, 40u);
  EXPECT_EQ(out.count(write), 1u);
  EXPECT_EQ(out.count(flush) + out.count(space_gc), 0u);
}

TEST(OuterLoop, ChecksAgainAfterTheLockWasFreeForTheScan) {
  const Outcome out = run({.append = true, .writes = {kFull}, .sizes_while_free = {5000}}, 0);
  EXPECT_EQ(out.pos, 5000u) << "an append goes to the current end";
  EXPECT_EQ(out.result, 100u);
  const Outcome shrunk = run({.size = 9000, .writes = {kFull}, .sizes_while_free = {500}}, 8000);
  EXPECT_EQ(shrunk.gaps, (std::vector<std::pair<Number, Number>>{{500, 8000}}));
}

TEST(OuterLoop, ReexpandsWhatAnEarlierPassTruncated) {
  // The append would have ended at the limit; another thread truncates the file meanwhile.
  const Outcome out =
      run({.append = true, .limit = 1030, .writes = {kFull}, .sizes_while_free = {500}}, 0);
  EXPECT_EQ(out.result, 100u);
  EXPECT_EQ(out.pos, 500u);
}

TEST(OuterLoop, WaitsForALeasedLayoutWithTheLockFree) {
  const Outcome out = run({.leases = 2}, 0);
  EXPECT_EQ(
      out.actions, (Actions{
                       lock, check, unlock, break_layout, lock, check, unlock, break_layout, lock,
                       check, modify, write, unlock, account}));
  EXPECT_EQ(run({.leases = 1}, 0, true).result, kBusy);
  const Outcome failed = run({.leases = 1, .broken_layouts = {spec::error(EINTR)}}, 0);
  EXPECT_EQ(failed.result, spec::error(EINTR));
  EXPECT_EQ(failed.actions.back(), unlock);
}

TEST(OuterLoop, TakesTheLockExclusiveToDropPrivileges) {
  const Outcome out = run({.privileged = true}, 0, false, IolockMode::exclusive);
  EXPECT_EQ(out.count(lock), 1u);
}

/// Runs the checks alone, from a shared lock, as direct I/O does.
TEST(OuterLoop, DoesNotDropALockThatItCouldNotRetake) {
  ScriptedHooks<Number> hooks({.trylocks = {0, kBusy}, .privileged = true});
  OuterJudge judge;
  spec::OuterTapped<Number, ScriptedHooks<Number>, OuterJudge> tapped(hooks, judge, 100, 1, 0);
  spec::OuterState<Number> state{1, 100, 0, 0, 0, 0, 0};
  ref::xfs::write_round(state, IolockMode::shared, tapped);
  EXPECT_EQ(state.status, kBusy);
  EXPECT_EQ(judge.actions, (Actions{lock, check, unlock, lock}));
}

TEST(OuterLoop, UpgradesASharedLockBeforeAGapIsZeroed) {
  ScriptedHooks<Number> hooks({.size = 10});
  OuterJudge judge;
  spec::OuterTapped<Number, ScriptedHooks<Number>, OuterJudge> tapped(hooks, judge, 100, 0, 50);
  spec::OuterState<Number> state{0, 100, 50, 0, 0, 0, 0};
  ref::xfs::write_round(state, IolockMode::shared, tapped);
  EXPECT_EQ(
      judge.actions,
      (Actions{lock, check, unlock, lock, drain, check, zero, modify, write, unlock}));
}

Script arbitrary_script(std::mt19937_64& random) {
  const auto below = [&](Number n) { return random() % n; };
  const auto list = [&](std::initializer_list<Number> from) {
    std::vector<Number> chosen;
    for (Number n = below(4); n > 0; --n) chosen.push_back(from.begin()[below(from.size())]);
    return chosen;
  };
  Script s;
  s.total = 1 + below(500);
  s.size = below(3000);
  s.append = below(3) == 0;
  if (below(4) == 0) s.limit = below(4000);
  s.trylocks = list({0, 0, kBusy});
  if (below(6) == 0) s.checks = list({0, 0, spec::error(EINVAL)});
  if (below(6) == 0) s.leases = below(3);
  s.broken_layouts = list({0, 0, spec::error(EINTR)});
  s.privileged = below(4) == 0;
  if (below(4) == 0) s.zeroes = list({0, kFull, kQuota, spec::error(EIO)});
  if (below(8) == 0) s.modifies = list({0, spec::error(EIO)});
  s.writes = list({0, 1, 77, kFull, kFull, kQuota, spec::error(EFAULT)});
  s.sizes_while_free = list({0, 100, 2000, 4000});
  if (below(3) == 0) s.size_after_drain = below(4000);
  return s;
}

TEST(OuterLoop, KeepsEveryClauseInAnyCall) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    const Script script = arbitrary_script(random);
    run(script, random() % 4000, random() % 4 == 0);
  }
}

TEST(OuterLoop, RunsOverWordsWithoutBools) {
  struct Nobody {
    void step(const spec::OuterStep<StrictWord>&) {}
  } nobody;
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    const Script script = arbitrary_script(random);
    const Number pos = random() % 4000;
    const Number nowait = random() % 2;
    using Hooks = ScriptedHooks<StrictWord>;
    Hooks hooks(script);
    spec::OuterTapped<StrictWord, Hooks, Nobody> tapped(hooks, nobody, script.total, nowait, pos);
    spec::OuterState<StrictWord> state{nowait, script.total, pos, 0, 0, 0, 0};
    ref::xfs::buffered_write_rounds<StrictWord>(state, tapped);
    const Outcome out = run(script, pos, nowait != 0);
    EXPECT_EQ(state.status.value, out.result);
    EXPECT_EQ(state.pos.value, out.pos);
  }
}

}  // namespace
}  // namespace quire::tests
