// Each clause of XFS's outer path notices the thing that it is about.
#include "spec/linux/xfs/outer.h"
#include "spec/linux/xfs/outer_call.h"
#include "tests/ref/breaks.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

using spec::IolockMode;
using spec::OuterAction;
using Step = spec::OuterStep<Number>;
using Call = spec::OuterCall<Number>;
using Names = std::set<std::string>;

constexpr Number kExclusive = spec::word_of(IolockMode::exclusive);

/// A step in the middle of a write past the end, after all the steps that must precede it.
Step step(OuterAction action) {
  Step s{};
  s.action = static_cast<Number>(action);
  s.iolock = s.iolock_after = kExclusive;
  s.total = s.left = 100;
  s.pos = 2000;
  s.size = 1000;
  s.checked = s.drained = s.modified = 1;
  s.zeroed = 2000;
  return s;
}

/// A scan after a write that found the volume full, or a quota.
Step scan(OuterAction action, int error) {
  Step s = step(action);
  s.iolock = s.iolock_after = 0;
  s.wrote = spec::error(error);
  s.untouched = 1;
  s.flushes = action == OuterAction::space_gc;
  return s;
}

template <class Doctor>
Names broken(Step s, Doctor&& doctor) {
  EXPECT_EQ(broken_clauses(s), Names{}) << describe(s);
  doctor(s);
  return broken_clauses(s);
}

TEST(OuterClauses, NoticeALockThatIsTakenTwiceOrDroppedFree) {
  Step taken = step(OuterAction::lock);
  taken.iolock = 0;
  taken.asked = kExclusive;
  EXPECT_EQ(broken(taken, [](Step& s) { s.iolock = 1; }), Names{"takes_and_drops_in_turn"});
  EXPECT_EQ(
      broken(taken, [](Step& s) { s.nowait = 1, s.result = spec::error(EAGAIN); }),
      Names{"takes_and_drops_in_turn"});
  Step dropped = step(OuterAction::unlock);
  dropped.iolock_after = 0;
  EXPECT_EQ(broken(dropped, [](Step& s) { s.iolock = 0; }), Names{"takes_and_drops_in_turn"});
  EXPECT_EQ(
      broken(step(OuterAction::write), [](Step& s) { s.iolock_after = 0; }),
      Names{"takes_and_drops_in_turn"});
}

TEST(OuterClauses, NoticeAWaitOfACallThatMayNotWait) {
  Step refused = step(OuterAction::lock);
  refused.iolock = refused.iolock_after = 0;
  refused.nowait = 1;
  refused.result = spec::error(EAGAIN);
  EXPECT_EQ(broken(refused, [](Step& s) { s.nowait = 0; }), Names{"nowait_tries_only"});
  EXPECT_EQ(
      broken(step(OuterAction::drain), [](Step& s) { s.nowait = 1; }), Names{"nowait_tries_only"});
}

TEST(OuterClauses, NoticeStaleOrPartialChecks) {
  EXPECT_EQ(
      broken(step(OuterAction::check), [](Step& s) { s.left = 99; }),
      Names{"checks_see_the_whole_call"});
  EXPECT_EQ(
      broken(step(OuterAction::modify), [](Step& s) { s.checked = 0; }),
      Names{"acts_on_fresh_checks"});
}

TEST(OuterClauses, NoticeAGapThatIsNotZeroedOrNotAlone) {
  Step zeroed = step(OuterAction::zero);
  zeroed.invalidate = 1;
  zeroed.asked = 1000;
  const Names name{"zeroes_the_gap_alone"};
  EXPECT_EQ(broken(zeroed, [](Step& s) { s.drained = 0; }), name);
  EXPECT_EQ(broken(zeroed, [](Step& s) { s.invalidate = 0; }), name);
  EXPECT_EQ(broken(zeroed, [](Step& s) { s.size = 1500; }), name);
  EXPECT_EQ(broken(zeroed, [](Step& s) { s.iolock = s.iolock_after = 1; }), name);
  const Step written = step(OuterAction::write);
  EXPECT_EQ(broken(written, [](Step& s) { s.zeroed = 0; }), Names{"writes_behind_no_gap"});
  EXPECT_EQ(broken(written, [](Step& s) { s.invalidate = 1; }), Names{"writes_behind_no_gap"});
  EXPECT_EQ(
      broken(written, [](Step& s) { s.modified = 0; }), Names{"attributes_go_before_the_write"});
}

TEST(OuterClauses, NoticeASearchForSpaceTooManyOrUnderLocks) {
  Step flushed = step(OuterAction::flush);
  flushed.wrote = spec::error(ENOSPC);
  flushed.untouched = 1;
  const Names nothing{"reclaims_only_after_failure"};
  EXPECT_EQ(broken(flushed, [](Step& s) { s.wrote = 10; }), nothing);
  EXPECT_EQ(broken(flushed, [](Step& s) { s.untouched = 0; }), nothing);
  EXPECT_EQ(broken(flushed, [](Step& s) { s.wrote = spec::error(EDQUOT); }), nothing);
  EXPECT_EQ(broken(flushed, [](Step& s) { s.scans = 1; }), Names{"reclaims_space_once"});
  EXPECT_EQ(
      broken(flushed, [](Step& s) { s.iolock = s.iolock_after = 0; }),
      Names{"flushes_under_its_iolock"});
  const Step all = scan(OuterAction::space_gc, ENOSPC);
  EXPECT_EQ(broken(all, [](Step& s) { s.flushes = 0; }), Names{"reclaims_space_once"});
  EXPECT_EQ(broken(all, [](Step& s) { s.scans = 1; }), Names{"reclaims_space_once"});
  EXPECT_EQ(
      broken(all, [](Step& s) { s.iolock = s.iolock_after = kExclusive; }),
      Names{"scans_without_locks"});
  const Step quota = scan(OuterAction::quota_gc, EDQUOT);
  EXPECT_EQ(broken(quota, [](Step& s) { s.wrote = spec::error(ENOSPC); }), nothing);
  EXPECT_EQ(broken(quota, [](Step& s) { s.invalidate = 1; }), Names{"scans_without_locks"});
}

template <class Doctor>
Names broken_call(Number result, Doctor&& doctor) {
  Call c{};
  c.nowait = 1;
  c.before = {0, 100, 1000, 5, 7, 0};
  c.after = c.before;
  c.locks = c.unlocks = c.writes = 1;
  c.pos = 950;
  c.result = result;
  if (!spec::is_error(result)) {
    c.after.left -= result;
    c.after.counted += result;
    c.after.size = std::max<Number>(c.before.size, c.pos + result);
  }
  EXPECT_EQ(broken_clauses(c), Names{}) << describe(c);
  doctor(c);
  return broken_clauses(c);
}

TEST(OuterClauses, NoticeTheStateAfterAWholeCall) {
  const Names lock{"leaves_the_iolock_as_found"};
  EXPECT_EQ(broken_call(100, [](Call& c) { c.after.iolock = kExclusive; }), lock);
  EXPECT_EQ(broken_call(100, [](Call& c) { c.unlocks = 2; }), lock);
  EXPECT_EQ(broken_call(100, [](Call& c) { c.writes = 2; }), Names{"writes_at_most_twice"});
  EXPECT_EQ(
      broken_call(100, [](Call& c) { c.writes = 3, c.scans = 2; }), Names{"writes_at_most_twice"});
  EXPECT_EQ(broken_call(100, [](Call& c) { c.after.size = 1000; }), Names{"call_ledger"});
  EXPECT_EQ(broken_call(100, [](Call& c) { c.after.left = 1; }), Names{"call_ledger"});
  EXPECT_EQ(broken_call(100, [](Call& c) { c.after.counted = 0; }), Names{"call_ledger"});
  for (const Number error : {spec::error(ENOSPC), spec::error(EDQUOT)}) {
    const Names full{"full_changes_nothing"};
    EXPECT_EQ(broken_call(error, [](Call& c) { c.after.reserved = 6; }), full);
    EXPECT_EQ(broken_call(error, [](Call& c) { c.after.reserved = 4; }), full);
    EXPECT_EQ(broken_call(error, [](Call& c) { c.after.reserved = 4, c.scans = 1; }), Names{});
    EXPECT_EQ(
        broken_call(error, [](Call& c) { c.after.reserved = 6, c.after.ahead = 1; }), Names{});
    EXPECT_TRUE(broken_call(error, [](Call& c) { c.after.size = 2000; }).contains(*full.begin()));
  }
  const Names again{"eagain_can_be_repeated"};
  EXPECT_EQ(broken_call(spec::error(EAGAIN), [](Call& c) { c.nowait = 0; }), again);
  EXPECT_TRUE(
      broken_call(spec::error(EAGAIN), [](Call& c) { c.after.left = 0; }).contains(*again.begin()));
}

}  // namespace
}  // namespace quire::tests
