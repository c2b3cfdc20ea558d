// Drawing and judging cases: one that throws has failed and shrinks like any other, and the last
// ones aim at the classes that are left.
#include "props/suites/run_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace quire::props {
namespace {

const Options kHundred = [] {
  Options options;
  options.cases = 100;
  options.seed = 1;
  return options;
}();

TEST(RunCases, CheckThatThrowsHasFailed) {
  std::uint64_t cases = 0;
  const auto smallest = run_cases(
      "throwing", kHundred, rc::gen::inRange(0, 100),
      [](int n) -> std::optional<Failure> {
        if (n >= 10) throw std::runtime_error("the folio is on fire");
        return std::nullopt;
      },
      cases);
  ASSERT_TRUE(smallest.has_value());
  EXPECT_EQ(smallest->smallest, 10);
  EXPECT_EQ(smallest->failure.actual, "the folio is on fire");
}

TEST(JudgeCase, OneThatThrowsHasFailed) {
  const auto failure = judge_case("throwing", 7, [](int) -> std::optional<Failure> {
    throw std::runtime_error("the folio is on fire");
  });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->actual, "the folio is on fire");
  EXPECT_FALSE(judge_case("holding", 7, [](int) { return std::optional<Failure>(); }));
}

TEST(RunCases, RunsEveryCaseOfACheckThatHolds) {
  std::uint64_t cases = 0;
  const auto smallest = run_cases(
      "holding", kHundred, rc::gen::inRange(0, 100), [](int) { return std::optional<Failure>(); },
      cases);
  EXPECT_FALSE(smallest.has_value());
  EXPECT_EQ(cases, 100u);
}

/// Cases that are 7 until one of them has been, where the others are 0.
struct LuckySeven {
  std::vector<int> drawn = {};

  std::optional<Failure> check(int n) {
    drawn.push_back(n);
    return std::nullopt;
  }
  std::vector<rc::Gen<int>> aims() const {
    if (std::ranges::count(drawn, 7) != 0) return {};
    return {rc::gen::just(7)};
  }
};

TEST(RunCases, LastEighthAimsAtWhatIsMissingUntilItIsReached) {
  LuckySeven lucky;
  std::uint64_t cases = 0;
  run_cases(
      "lucky", kHundred, rc::gen::just(0), [&](int n) { return lucky.check(n); }, cases,
      [&] { return lucky.aims(); });
  ASSERT_EQ(lucky.drawn.size(), 100u);
  EXPECT_EQ(std::ranges::count(lucky.drawn, 7), 1);
  EXPECT_EQ(lucky.drawn[100 - 100 / kAimedShare], 7);
}

TEST(RunCases, AimedCaseThatFailsIsShrunkAsItself) {
  std::uint64_t cases = 0;
  bool reached = false;
  const auto smallest = run_cases(
      "aimed", kHundred, rc::gen::just(std::vector<int>{}),
      [&](const std::vector<int>& numbers) -> std::optional<Failure> {
        reached = reached || !numbers.empty();
        if (std::ranges::count(numbers, 3) == 0) return std::nullopt;
        return Failure{"No number is 3.", "", "", "", ""};
      },
      cases,
      [&] {
        // After its run it is aimed at no longer, and must still be drawn again.
        if (reached) return std::vector<rc::Gen<std::vector<int>>>();
        return std::vector{rc::gen::map(
            rc::gen::container<std::vector<int>>(9, rc::gen::inRange(1, 3)),
            [](std::vector<int> numbers) {
              numbers.back() = 3;
              return numbers;
            })};
      });
  ASSERT_TRUE(smallest.has_value());
  EXPECT_EQ(smallest->smallest, (std::vector<int>{1, 1, 1, 1, 1, 1, 1, 1, 3}));
  EXPECT_EQ(smallest->number, 100 - 100 / kAimedShare);
  EXPECT_EQ(cases, 100 - 100 / kAimedShare + 1);
}

TEST(DemandCoverage, FailsALongRunThatHasNotReachedAClass) {
  const auto verdict = [](const Options& options, const std::vector<std::string>& missing) {
    SuiteResult result{
        .suite = "long", .device = {}, .reason = {}, .counterexample = {}, .coverage = {}};
    result.missing = demanded(options, missing);
    demand_coverage(result);
    return result.reason;
  };
  Options options;
  options.cases = kCasesForCoverage;
  EXPECT_EQ(verdict(options, {}), "");
  EXPECT_EQ(verdict(options, {"a", "b"}), "never reached: a; b");
  --options.cases;
  EXPECT_EQ(verdict(options, {"a"}), "");
  options.cases = kCasesForCoverage;
  options.replay = "one case";
  EXPECT_EQ(verdict(options, {"a"}), "");
}

/// The cases that RapidCheck itself would draw.
std::vector<std::vector<int>> drawn_by_rapidcheck(
    const Options& options, const rc::Gen<std::vector<int>>& generator) {
  std::vector<std::vector<int>> drawn;
  rc::detail::TestParams params;
  params.seed = options.seed;
  params.maxSuccess = static_cast<int>(options.cases);
  rc::detail::checkTestable(
      [&] { drawn.push_back(*generator); }, rc::detail::TestMetadata{}, params);
  return drawn;
}

std::vector<std::vector<int>> drawn_here(
    const Options& options, const rc::Gen<std::vector<int>>& generator) {
  std::vector<std::vector<int>> drawn;
  std::uint64_t cases = 0;
  run_cases(
      "drawing", options, generator,
      [&](const std::vector<int>& numbers) {
        drawn.push_back(numbers);
        return std::optional<Failure>();
      },
      cases);
  return drawn;
}

TEST(RunCases, OneProcessDrawsTheCasesOfRapidCheck) {
  const auto generator = rc::gen::arbitrary<std::vector<int>>();
  for (const std::uint64_t cases : {1, 2, 50, 100, 101, 102, 150, 300}) {
    Options options = kHundred;
    options.cases = cases;
    const auto wanted = drawn_by_rapidcheck(options, generator);
    EXPECT_EQ(wanted.size(), cases);
    EXPECT_TRUE(drawn_here(options, generator) == wanted) << cases;
  }
}

TEST(RunCases, EachProcessDrawsAStreamOfItsOwn) {
  const auto generator = rc::gen::container<std::vector<int>>(4, rc::gen::inRange(0, 1'000'000));
  std::vector<std::vector<int>> all;
  for (std::size_t worker = 0; worker < 3; ++worker) {
    Options options = kHundred;
    options.part.worker = worker;
    options.part.workers = 3;
    const auto drawn = drawn_here(options, generator);
    EXPECT_EQ(drawn.size(), worker == 0 ? 34u : 33u);
    EXPECT_TRUE(drawn_here(options, generator) == drawn);
    all.insert(all.end(), drawn.begin(), drawn.end());
  }
  std::ranges::sort(all);
  const auto same = std::ranges::unique(all);
  EXPECT_LT(same.size(), 10u);  // those of size 0 may be alike
}

TEST(RunCases, CasesThatCannotBeDrawnAreNoVerdict) {
  std::uint64_t cases = 0;
  EXPECT_THROW(
      run_cases(
          "undrawable", kHundred,
          rc::gen::suchThat(rc::gen::inRange(0, 100), [](int) { return false; }),
          [](int) { return std::optional<Failure>(); }, cases),
      CannotRun);
}

}  // namespace
}  // namespace quire::props
