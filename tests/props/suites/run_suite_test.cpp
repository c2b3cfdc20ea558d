// A suite in a process of its own: a case that crashes, hangs or exits is shrunk like any other.
#include "tests/props/suites/planted_suite.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace quire::props {
namespace {

using std::chrono_literals::operator""h;

void burn() { throw std::runtime_error("the folio is on fire"); }

/// The result of a suite that is expected to end in this smallest case.
Failure failure_for(const Check& check, const std::string& smallest, std::size_t jobs = 1) {
  const SuiteResult result = run_suite(suite_of(check), options_of(jobs), short_limits());
  expect_no_child();
  EXPECT_EQ(result.verdict, Verdict::failed);
  if (!result.counterexample) return {};
  EXPECT_EQ(result.counterexample->text, smallest);
  return result.counterexample->failure;
}

TEST(RunSuite, CaseThatCrashesIsShrunk) {
  for (const std::size_t jobs : {1, 3}) {
    const Failure failure = failure_for(
        [](const Numbers& numbers) {
          if (has(numbers, 7)) end_by(SIGSEGV);
          return holds();
        },
        "7 ", jobs);
    EXPECT_EQ(failure.source, "watchdog");
    EXPECT_NE(failure.actual.find("SIGSEGV"), std::string::npos) << failure.actual;
  }
}

TEST(RunSuite, CaseThatAbortsOrExitsIsShrunk) {
  const Failure aborts = failure_for(
      [](const Numbers& numbers) {
        if (numbers.size() >= 2) end_by(SIGABRT);
        return holds();
      },
      "0 0 ");
  EXPECT_NE(aborts.actual.find("SIGABRT"), std::string::npos) << aborts.actual;
  const Failure exits = failure_for(
      [](const Numbers& numbers) {
        if (has(numbers, 7)) ::_exit(0);
        return holds();
      },
      "7 ");
  EXPECT_NE(exits.actual.find("exit(0)"), std::string::npos) << exits.actual;
}

TEST(RunSuite, CaseThatTerminatesNamesTheException) {
  const Failure failure = failure_for(
      [](const Numbers& numbers) {
        ::signal(SIGABRT, SIG_DFL);
        if (has(numbers, 7)) [&]() noexcept { burn(); }();
        return holds();
      },
      "7 ");
  EXPECT_NE(failure.actual.find("the folio is on fire"), std::string::npos) << failure.actual;
}

TEST(RunSuite, CaseThatDeadlocksIsShrunk) {
  const Failure failure = failure_for(
      [](const Numbers& numbers) {
        std::atomic<int> never{0};
        if (has(numbers, 7)) {
          journal_command(2);
          journal_side("impl");
          never.wait(0);
        }
        return holds();
      },
      "7 ", 2);
  EXPECT_NE(failure.actual.find("deadlock"), std::string::npos) << failure.actual;
  EXPECT_EQ(failure.subject, "impl");
  EXPECT_EQ(failure.command, 2u);
}

TEST(RunSuite, CaseThatSleepsOrComputesForEverIsShrunk) {
  const Failure sleeps = failure_for(
      [](const Numbers& numbers) {
        while (has(numbers, 7)) std::this_thread::sleep_for(1h);
        return holds();
      },
      "7 ");
  EXPECT_NE(sleeps.actual.find("slept"), std::string::npos) << sleeps.actual;
  const Failure computes = failure_for(
      [](const Numbers& numbers) {
        for (volatile bool seven = has(numbers, 7); seven;) {
        }
        return holds();
      },
      "7 ");
  EXPECT_NE(computes.actual.find("computed"), std::string::npos) << computes.actual;
}

TEST(RunSuite, CaseThatCrashesWhileAnotherFailureIsShrunkCounts) {
  // Found as a broken claim; a smaller case crashes.
  const Failure failure = failure_for(
      [](const Numbers& numbers) -> std::optional<Failure> {
        if (numbers.size() >= 5) return fails(numbers);
        if (numbers.size() >= 2) end_by(SIGKILL);
        return std::nullopt;
      },
      "0 0 ");
  EXPECT_NE(failure.actual.find("SIGKILL"), std::string::npos) << failure.actual;
}

TEST(RunSuite, CaseThatCrashesOnlyAfterOthersIsToldAsSuch) {
  const SuiteResult result = run_suite(
      suite_of([n = 0](const Numbers&) mutable {
        if (++n == 40) end_by(SIGSEGV);
        return holds();
      }),
      options_of(1), short_limits());
  ASSERT_TRUE(result.counterexample);
  EXPECT_NE(result.counterexample->failure.actual.find("alone this case holds"), std::string::npos);
  EXPECT_EQ(result.cases, 40u);
  expect_no_child();
}

TEST(RunSuite, CrashOutsideOfEveryCaseIsAFailure) {
  Suite suite = suite_of([](const Numbers&) { return holds(); });
  const auto run = suite.run;
  suite.run = [run](const Options& options) {
    run(options);
    end_by(SIGSEGV);
    return SuiteResult{};
  };
  const SuiteResult result = run_suite(suite, options_of(2), short_limits());
  EXPECT_EQ(result.verdict, Verdict::failed);
  ASSERT_TRUE(result.counterexample);
  EXPECT_EQ(result.counterexample->failure.says, "A suite runs to its end.");
  expect_no_child();
}

/// A suite whose cases are empty lists, but for those that aim at a 7.
Suite aiming_suite(const Check& check) {
  return {"aiming", "", "", [check](const Options& options) {
            SuiteResult result{.suite = "aiming", .device = "none"};
            bool reached = false;
            const auto seven = rc::gen::map(
                rc::gen::container<Numbers>(9, rc::gen::inRange(1, 3)), [](Numbers numbers) {
                  numbers.back() = 7;
                  return Drawn{std::move(numbers)};
                });
            const auto failed = run_cases(
                "aiming", options, rc::gen::just(Drawn{}),
                [&](const Drawn& drawn) {
                  reached = reached || !drawn.numbers.empty();
                  return check(drawn.numbers);
                },
                result.cases, [&] { return std::vector(reached ? 0 : 1, seven); },
                [&] { return std::vector<std::string>(reached ? 0 : 1, "a list with a 7"); });
            if (failed) {
              result.verdict = Verdict::failed;
              result.counterexample = counterexample(failed->smallest, failed->failure);
            }
            return result;
          }};
}

TEST(RunSuite, AimedCaseThatCrashesIsDrawnAgain) {
  const SuiteResult result = run_suite(
      aiming_suite([](const Numbers& numbers) {
        if (has(numbers, 7)) end_by(SIGSEGV);
        return holds();
      }),
      options_of(1), short_limits());
  ASSERT_TRUE(result.counterexample);
  EXPECT_EQ(result.counterexample->text, "1 1 1 1 1 1 1 1 7 ");
  EXPECT_EQ(result.cases, 1000 - 1000 / kAimedShare + 1);
}

}  // namespace
}  // namespace quire::props
