// The checks of a write: their order, and the limits.
#include "ref/vfs/write_checks.h"

#include "tests/ref/breaks.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace quire::tests {
namespace {

using Checks = spec::WriteChecks<Number>;
using Names = std::set<std::string>;

constexpr spec::WriteLimits<Number> kNoLimits{0, 0, 1, spec::kFileSizeMax};

/// The record before the checks, of a write of `count` bytes at `pos`.
Checks write_of(Number pos, Number count) {
  return {0, 0, 0, 1, 1000, 1, kNoLimits, pos, count, 0, 0, 0, 0};
}

/// Runs the checks and judges them.
Checks checked(Checks checks) {
  ref::vfs::generic_write_checks(checks);
  EXPECT_EQ(broken_clauses(checks), Names{}) << describe(checks);
  return checks;
}

TEST(WriteChecks, AnswerForSwapBeforeAnythingElse) {
  Checks checks = write_of(~Number{0} >> 1, 0);
  checks.swapfile = 1;
  EXPECT_EQ(checked(checks).error, spec::error(ETXTBSY));
}

TEST(WriteChecks, LeaveThePositionOfAnEmptyAppend) {
  Checks checks = write_of(7, 0);
  checks.append = checks.nowait = 1;
  checks.nowait_support = 0;
  checks = checked(checks);
  EXPECT_EQ(checks.error, 0u);
  EXPECT_EQ(checks.pos_after, 7u);
}

TEST(WriteChecks, MoveAnAppendToTheEndBeforeTheLimitsAreChecked) {
  Checks checks = write_of(5000, 10);
  checks.append = 1;
  EXPECT_EQ(checked(checks).pos_after, 1000u);
  checks.limits.has_fsize_limit = 1;
  checks.limits.fsize_limit = 1004;
  EXPECT_EQ(checked(checks).error, 0u) << "the position of the call is past the limit, and unused";
  EXPECT_EQ(checked(checks).count_after, 4u);
  checks.limits.fsize_limit = 1000;
  EXPECT_EQ(checked(checks).signal, 1u);
}

TEST(WriteChecks, RefuseNowaitWithoutSupportBeforeTheLimits) {
  Checks checks = write_of(spec::kFileSizeMax, 10);
  checks.nowait = 1;
  checks.nowait_support = 0;
  EXPECT_EQ(checked(checks).error, spec::error(EINVAL));
}

TEST(WriteChecks, SignalForTheLimitOfTheProcessOnly) {
  Checks checks = write_of(100, 10);
  checks.limits.has_fsize_limit = 1;
  checks.limits.fsize_limit = 100;
  EXPECT_EQ(checked(checks).error, spec::error(EFBIG));
  EXPECT_EQ(checked(checks).signal, 1u);
  checks.limits = {0, 0, 1, 100};
  EXPECT_EQ(checked(checks).error, spec::error(EFBIG));
  EXPECT_EQ(checked(checks).signal, 0u);
}

TEST(WriteChecks, CutAtTwoGigabytesWithoutLargeFiles) {
  Checks checks = write_of(spec::kSmallFileSizeMax - 3, 10);
  checks.limits.large_file = 0;
  EXPECT_EQ(checked(checks).count_after, 3u);
  checks.pos = spec::kSmallFileSizeMax;
  EXPECT_EQ(checked(checks).error, spec::error(EFBIG));
}

TEST(WriteChecks, KeepEveryClauseForAnyCall) {
  std::mt19937_64 random(1);
  const auto below = [&](Number n) { return random() % n; };
  const std::vector<Number> positions{
      0, 1, 999, 1000, 1001, spec::kSmallFileSizeMax, spec::kFileSizeMax - 5, spec::kFileSizeMax};
  const auto any_position = [&] { return positions[below(positions.size())] + below(3); };
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    Checks checks = write_of(any_position(), below(3) * below(2000));
    checks.swapfile = below(8) == 0;
    checks.append = below(2);
    checks.nowait = below(2);
    checks.nowait_support = below(2);
    checks.size = any_position();
    checks.limits = {below(2), any_position(), below(2), any_position() + 1};
    checked(checks);
  }
}

TEST(WriteChecks, TruncateTheIteratorAndCountTheSignal) {
  Judge judge;
  std::vector<char> bytes(100);
  ref::vfs::Caller caller{.fsize_limit = 60};
  ref::IovIter iter({{bytes.data(), bytes.size()}});
  Checks checks = write_of(50, 0);
  checks.limits = ref::vfs::limits_of(caller, spec::kFileSizeMax);
  EXPECT_EQ(ref::vfs::check_write(checks, iter, caller, &judge), 0);
  EXPECT_EQ(iter.left(), 10u);
  checks.pos = 60;
  EXPECT_EQ(ref::vfs::check_write(checks, iter, caller, &judge), -EFBIG);
  EXPECT_EQ(iter.left(), 10u);
  EXPECT_EQ(caller.fsize_signals, 1u);
}

TEST(WriteChecks, LimitCallsThatMakeAFileLonger) {
  ref::vfs::Caller caller{.fsize_limit = 100};
  EXPECT_EQ(ref::vfs::check_size_limits(caller, 50, 100, spec::kFileSizeMax), 0);
  EXPECT_EQ(ref::vfs::check_size_limits(caller, 200, 150, spec::kFileSizeMax), 0) << "not longer";
  EXPECT_EQ(caller.fsize_signals, 0u);
  EXPECT_EQ(ref::vfs::check_size_limits(caller, 50, 101, spec::kFileSizeMax), -EFBIG);
  EXPECT_EQ(caller.fsize_signals, 1u);
  caller.fsize_limit.reset();
  EXPECT_EQ(ref::vfs::check_size_limits(caller, 50, 101, 100), -EFBIG);
  EXPECT_EQ(caller.fsize_signals, 1u);
}

/// Each clause notices the thing that it is about.
TEST(WriteChecksClauses, NoticeRecordsThatBreakThem) {
  const Checks fine = checked(write_of(10, 20));
  const auto broken = [&](auto&& doctor) {
    Checks checks = fine;
    doctor(checks);
    return broken_clauses(checks);
  };
  EXPECT_TRUE(broken([](Checks& c) { c.swapfile = 1; }).contains("swapfile_comes_first"));
  EXPECT_TRUE(broken([](Checks& c) {
                c.count = c.count_after = 0, c.pos_after = 1000, c.append = 1;
              }).contains("nothing_to_write_changes_nothing"));
  EXPECT_EQ(broken([](Checks& c) { c.append = 1; }), Names{"append_starts_at_the_end"});
  EXPECT_EQ(
      broken([](Checks& c) { c.append = 1, c.pos_after = c.size, c.iolock = 0; }),
      Names{"append_starts_at_the_end"});
  EXPECT_EQ(
      broken([](Checks& c) { c.nowait = 1, c.nowait_support = 0; }), Names{"nowait_needs_support"});
  EXPECT_EQ(
      broken([](Checks& c) { c.limits.has_fsize_limit = 1, c.limits.fsize_limit = 29; }),
      Names{"no_byte_past_the_limits"});
  EXPECT_EQ(
      broken([](Checks& c) {
        c.limits.has_fsize_limit = 1, c.limits.fsize_limit = 9, c.error = spec::error(EFBIG);
      }),
      Names{"limit_of_the_process_signals"});
  EXPECT_EQ(broken([](Checks& c) { c.count_after = 19; }), Names{"cut_only_at_a_limit"});
  EXPECT_EQ(broken([](Checks& c) { c.error = spec::error(EFBIG); }), Names{"cut_only_at_a_limit"});
}

}  // namespace
}  // namespace quire::tests
