// A suite's result on its way from one process to another.
#include "props/suites/outcome.h"

#include <gtest/gtest.h>

namespace quire::props {
namespace {

TEST(Outcome, SurvivesTheWayBetweenProcesses) {
  SuiteResult result{.suite = "s", .device = "d", .reason = "r"};
  result.verdict = Verdict::failed;
  result.cases = 1;
  result.commands = 2;
  result.failed_case = 3;
  result.coverage = {{"a", 4}, {"b", 5}};
  result.missing = {"c"};
  result.counterexample =
      Counterexample{{"says", "source", "subject", "expected", "\xff\xfe", 6}, "text", "replay"};
  result.waits["impl"].tries(1 << 2, 3);
  const SuiteResult back = result_from(outcome_of("s", [&] { return result; }));
  EXPECT_EQ(back.suite, "s");
  EXPECT_EQ(back.device, "d");
  EXPECT_EQ(back.reason, "r");
  EXPECT_EQ(back.verdict, Verdict::failed);
  EXPECT_EQ(back.cases, 1u);
  EXPECT_EQ(back.commands, 2u);
  EXPECT_EQ(back.failed_case, 3u);
  EXPECT_EQ(back.coverage, result.coverage);
  EXPECT_EQ(back.missing, result.missing);
  ASSERT_TRUE(back.counterexample);
  EXPECT_EQ(back.counterexample->failure.actual, "\xff\xfe");
  EXPECT_EQ(back.counterexample->failure.command, 6u);
  EXPECT_EQ(back.counterexample->replay, "replay");
  ASSERT_EQ(back.waits.at("impl").edges().size(), 1u);
  EXPECT_EQ(back.waits.at("impl").edges()[0].held, 2u);
  EXPECT_EQ(back.waits.at("impl").edges()[0].wanted, 3u);
  EXPECT_EQ(back.waits.at("impl").edges()[0].tries, 1u);
}

}  // namespace
}  // namespace quire::props
