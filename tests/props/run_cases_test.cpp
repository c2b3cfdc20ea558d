// A check that throws has failed, and shrinks like any other.
#include "props/suites/run_cases.h"

#include <gtest/gtest.h>

#include <stdexcept>

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
  EXPECT_EQ(smallest->first, 10);
  EXPECT_EQ(smallest->second.actual, "the folio is on fire");
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
