// A suite's cases in several processes: they find what one would, and the same each time.
#include "tests/props/suites/planted_suite.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace quire::props {
namespace {

TEST(RunSuite, SameSeedAndJobsReportTheSameFailure) {
  const auto rare = [](const Numbers& numbers) -> std::optional<Failure> {
    // The process that is first must not win by that.
    if (has(numbers, 7)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(::getpid() % 3 * 20));
      return fails(numbers);
    }
    return std::nullopt;
  };
  for (const std::size_t jobs : {2, 3, 4}) {
    const SuiteResult first = run_suite(suite_of(rare), options_of(jobs));
    ASSERT_TRUE(first.counterexample);
    for (int i = 0; i < 5; ++i) {
      const SuiteResult again = run_suite(suite_of(rare), options_of(jobs));
      ASSERT_TRUE(again.counterexample);
      EXPECT_EQ(again.counterexample->text, first.counterexample->text);
      EXPECT_EQ(again.failed_case, first.failed_case);
      EXPECT_EQ(again.cases, first.cases);
    }
  }
  expect_no_child();
}

TEST(RunSuite, SmallestNumberWinsAlsoAgainstACrash) {
  // With two processes, case 0 belongs to the first and case 1 to the second.
  const auto run_with = [](int crashes, int fails_at) {
    return run_suite(
        suite_of([=, n = 0](const Numbers& numbers) mutable -> std::optional<Failure> {
          ++n;
          if (n == crashes) end_by(SIGSEGV);
          if (n == fails_at) return fails(numbers);
          return std::nullopt;
        }),
        options_of(2), short_limits());
  };
  EXPECT_EQ(run_with(30, 20).failed_case, 38u);  // the first process's 20th
  EXPECT_EQ(run_with(20, 30).failed_case, 38u);
}

TEST(RunSuite, OneProcessDrawsAsThisOneDoes) {
  const Suite suite = suite_of([](const Numbers&) { return holds(); });
  const SuiteResult here = run_suite(suite, options_of(0));
  const SuiteResult there = run_suite(suite, options_of(1));
  EXPECT_EQ(here.coverage, there.coverage);
  EXPECT_EQ(here.cases, there.cases);
}

TEST(RunSuite, CountsOfAllProcessesAreAdded) {
  const Suite suite = suite_of([](const Numbers&) { return holds(); });
  for (const std::size_t jobs : {1, 2, 4}) {
    const SuiteResult result = run_suite(suite, options_of(jobs, 1001));
    EXPECT_EQ(result.verdict, Verdict::held);
    EXPECT_EQ(result.cases, 1001u);
    EXPECT_EQ(result.commands, 1001u);
    ASSERT_EQ(result.coverage.size(), 1u);
    EXPECT_GT(result.coverage[0].second, 0u);
  }
}

TEST(RunSuite, ClassThatOneProcessReachesIsReached) {
  const auto missing_with = [](std::vector<std::vector<std::string>> missing) {
    Suite suite = suite_of([](const Numbers&) { return holds(); });
    suite.run = [=](const Options& options) {
      SuiteResult result{.suite = "planted", .device = "none"};
      result.missing = missing.at(options.part.worker);
      return result;
    };
    return run_suite(suite, options_of(2)).reason;
  };
  EXPECT_EQ(missing_with({{"a", "b"}, {"c"}}), "");
  EXPECT_EQ(missing_with({{"a", "b"}, {"c", "b"}}), "never reached: b");
}

TEST(RunSuite, MachineThatCannotRunItIsToldSo) {
  Suite suite = suite_of([](const Numbers&) { return holds(); });
  suite.run = [](const Options&) -> SuiteResult { throw CannotRun{"no loop device"}; };
  try {
    run_suite(suite, options_of(2));
    ADD_FAILURE() << "it has run";
  } catch (const CannotRun& e) {
    EXPECT_EQ(e.why, "no loop device");
  }
  suite.run = [](const Options&) -> SuiteResult { throw std::invalid_argument("bad line"); };
  EXPECT_THROW(run_suite(suite, options_of(1)), std::invalid_argument);
  suite.run = [](const Options&) -> SuiteResult { throw std::runtime_error("on fire"); };
  EXPECT_EQ(run_suite(suite, options_of(1)).reason, "on fire");
  expect_no_child();
}

TEST(WorkersOf, EachHasCasesEnough) {
  const Suite suite = suite_of([](const Numbers&) { return holds(); });
  EXPECT_EQ(workers_of(suite, options_of(0)), 0u);
  EXPECT_EQ(workers_of(suite, options_of(2)), 2u);
  EXPECT_EQ(workers_of(suite, options_of(64, 2000)), 8u);
  EXPECT_EQ(workers_of(suite, options_of(2, 300)), 1u);
  Options options = options_of(2);
  options.device = "/dev/sdz";
  EXPECT_EQ(workers_of(suite, options), 1u);
  options = options_of(2);
  options.replay = "one case";
  EXPECT_EQ(workers_of(suite, options), 1u);
  Suite shares = suite;
  shares.share = 4;
  EXPECT_EQ(workers_of(shares, options_of(8, 2000)), 2u);
  Suite whole = suite;
  whole.splits = false;
  EXPECT_EQ(workers_of(whole, options_of(8, 2000)), 1u);
}

}  // namespace
}  // namespace quire::props
