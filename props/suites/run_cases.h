// Runs a property on RapidCheck's cases, quietly, and keeps the smallest one that fails.
#pragma once

#include "props/suites/suite.h"

#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace quire::props {

/// Shows how far a run is, about ten times a second.
class Progress {
 public:
  Progress(std::string suite, const Options& options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void step();

 private:
  void show();

  std::string suite_;
  std::uint64_t total_;
  bool shown_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point last_;
};

/// Keeps RapidCheck from printing its own configuration, which is not used here. Call before its
/// first use.
void quiet_rapidcheck();

/// Passes RapidCheck's progress on, and keeps its messages back.
class QuietListener : public rc::detail::TestListener {
 public:
  explicit QuietListener(Progress& progress) : progress_(progress) {}
  void onTestCaseFinished(const rc::detail::CaseDescription&) override { progress_.step(); }
  void onShrinkTried(const rc::detail::CaseDescription&, bool) override {}
  void onTestFinished(const rc::detail::TestMetadata&, const rc::detail::TestResult&) override {}

 private:
  Progress& progress_;
};

/// From this many cases on each class of input must have been reached.
inline constexpr std::uint64_t kCasesForCoverage = 300;

/// For each class of input that a suite must reach and has not, a generator whose cases nearly all
/// reach it. Empty: there is no such class.
template <class Case>
using Aims = std::function<std::vector<rc::Gen<Case>>()>;

/// The last eighth of a suite's cases aims at those classes, one after another. So a correct run
/// reaches rare classes for every seed.
inline constexpr std::uint64_t kAimedShare = 8;

/// The failure that check(drawn) -> std::optional<Failure> returns. An exception is a failure, too.
template <class Case, class Check>
std::optional<Failure> judge_case(const std::string& suite, const Case& drawn, Check&& check) {
  try {
    return check(drawn);
  } catch (const std::exception& e) {
    return Failure{"A case runs to its end.", "suite", suite, "no exception", e.what()};
  }
}

/// A case that breaks the claim, as a report shows it. replay: the argument of --replay, or empty.
template <class Case>
Counterexample counterexample(
    const Case& smallest, const Failure& failure, std::string replay = {}) {
  std::ostringstream text;
  showValue(smallest, text);
  return {failure, text.str(), std::move(replay)};
}

/// A long run that has not reached each class it must reach has failed. missing: their names.
void demand_coverage(
    SuiteResult& result, const Options& options, const std::vector<std::string>& missing);

/// Draws options.cases cases from `generator` and asks check(case) -> std::optional<Failure> of
/// each. A case that fails is shrunk; the smallest one that still fails, and its failure, are
/// returned, and cases_run is how many were run before it. A check that throws has failed. Throws
/// CannotRun if not all cases could be drawn.
///
/// aims: asked before each case of the last eighth; may be empty. As it depends on the cases before
/// alone, the same seed draws the same cases.
template <class Case, class Check>
std::optional<std::pair<Case, Failure>> run_cases(
    const std::string& suite, const Options& options, const rc::Gen<Case>& generator, Check&& check,
    std::uint64_t& cases_run, const std::type_identity_t<Aims<Case>>& aims = {}) {
  std::optional<std::pair<Case, Failure>> smallest;
  // Drawn again after a failure, to be shrunk: then the generator has to be the same.
  rc::Gen<Case> chosen = generator;
  const std::uint64_t first_aimed = options.cases - options.cases / kAimedShare;
  const auto choose = [&] {
    const auto aimed = aims && first_aimed <= cases_run ? aims() : std::vector<rc::Gen<Case>>();
    chosen = aimed.empty() ? generator : aimed[cases_run % aimed.size()];
  };
  rc::detail::TestParams params;
  params.seed = options.seed;
  params.maxSuccess = static_cast<int>(options.cases);
  rc::detail::TestMetadata metadata;
  metadata.id = suite;
  Progress progress(suite, options);
  QuietListener listener(progress);
  const auto found = rc::detail::checkTestable(
      [&] {
        if (!smallest) choose();
        const Case drawn = *chosen;
        if (!smallest) ++cases_run;
        if (auto failure = judge_case(suite, drawn, check)) {
          smallest.emplace(drawn, *failure);
          RC_FAIL(failure->says);
        }
      },
      metadata, params, listener);
  if (!smallest && !found.template is<rc::detail::SuccessResult>())
    throw CannotRun{"only " + std::to_string(cases_run) + " cases could be drawn"};
  return smallest;
}

}  // namespace quire::props
