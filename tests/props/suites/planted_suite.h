// A suite whose cases are lists of numbers, with a mistake that a test plants.
#pragma once

#include "props/suites/run_cases.h"
#include "props/suites/run_suite.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

using Numbers = std::vector<int>;
using Check = std::function<std::optional<Failure>(const Numbers&)>;

/// As a crash does. A sanitizer, or libquire, may handle the signal otherwise.
inline void end_by(int signal) {
  if (signal != SIGKILL) ::signal(signal, SIG_DFL);
  ::kill(::getpid(), signal);
}

/// A case of this test.
struct Drawn {
  Numbers numbers;
};
inline void showValue(const Drawn& drawn, std::ostream& os) {
  for (const int n : drawn.numbers) os << n << ' ';
}

inline rc::Gen<Drawn> arbitrary_numbers() {
  return rc::gen::map(
      rc::gen::resize(20, rc::gen::container<Numbers>(rc::gen::inRange(0, 50))),
      [](Numbers numbers) { return Drawn{std::move(numbers)}; });
}

/// A suite whose cases are lists of numbers.
inline Suite suite_of(Check check) {
  return {
      "planted",
      "Lists of numbers are harmless.",
      "none",
      [check](const Options& options) {
        SuiteResult result{.suite = "planted", .device = "none"};
        std::uint64_t sum = 0;
        const auto failed = run_cases(
            "planted", options, arbitrary_numbers(),
            [&](const Drawn& drawn) {
              sum += static_cast<std::uint64_t>(
                  std::accumulate(drawn.numbers.begin(), drawn.numbers.end(), 0));
              return check(drawn.numbers);
            },
            result.cases);
        result.coverage.emplace_back("sum of all numbers", sum);
        result.commands = result.cases;
        if (failed) {
          result.verdict = Verdict::failed;
          result.counterexample = counterexample(failed->smallest, failed->failure);
          result.failed_case = failed->number;
        }
        return result;
      },
      false,
      true};
}

inline Options options_of(std::size_t jobs, std::uint64_t cases = 1000) {
  Options options;
  options.cases = cases;
  options.seed = 1;
  options.jobs = jobs;
  return options;
}

inline HangLimits short_limits() {
  using std::chrono::milliseconds, std::chrono::seconds;
  return {.deadlocked = milliseconds(300), .asleep = seconds(1), .computing = seconds(1)};
}

inline bool has(const Numbers& numbers, int wanted) {
  return std::ranges::find(numbers, wanted) != numbers.end();
}

inline std::optional<Failure> holds() { return std::nullopt; }
inline std::optional<Failure> fails(const Numbers& numbers) {
  return Failure{"Lists are short.", "none", "", "", std::to_string(numbers.size())};
}

inline void expect_no_child() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace quire::props
