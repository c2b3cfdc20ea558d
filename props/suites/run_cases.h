// Runs a property on RapidCheck's cases, quietly, and keeps the smallest one that fails.
#pragma once

#include "props/suites/suite.h"

#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace quire::props {

/// Told how far a run is, about ten times a second.
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

/// Keeps RapidCheck from printing its configuration, which is not the one in use here. Before its
/// first use.
void quiet_rapidcheck();

/// RapidCheck's own messages are not for our readers; its progress is.
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
inline constexpr std::uint64_t kCasesForCoverage = 2000;

/// What check(drawn) -> std::optional<Failure> finds. One that throws has failed.
template <class Case, class Check>
std::optional<Failure> judge_case(const std::string& suite, const Case& drawn, Check&& check) {
  try {
    return check(drawn);
  } catch (const std::exception& e) {
    return Failure{"A case runs to its end.", "suite", suite, "no exception", e.what()};
  }
}

/// Draws options.cases cases from `generator` and asks check(case) -> std::optional<Failure> of
/// each. A case that fails is shrunk; the smallest one that still fails, and its failure, are
/// returned, and cases_run is how many were run before it. A check that throws has failed. Throws
/// CannotRun if not all cases could be drawn.
template <class Case, class Check>
std::optional<std::pair<Case, Failure>> run_cases(
    const std::string& suite, const Options& options, const rc::Gen<Case>& generator, Check&& check,
    std::uint64_t& cases_run) {
  std::optional<std::pair<Case, Failure>> smallest;
  rc::detail::TestParams params;
  params.seed = options.seed;
  params.maxSuccess = static_cast<int>(options.cases);
  rc::detail::TestMetadata metadata;
  metadata.id = suite;
  Progress progress(suite, options);
  QuietListener listener(progress);
  const auto found = rc::detail::checkTestable(
      [&] {
        const Case drawn = *generator;
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
