// Runs a property on RapidCheck's cases, quietly, and keeps the smallest one that fails.
#pragma once

#include "props/suites/draws.h"
#include "props/suites/suite.h"
#include "props/watchdog/journal.h"

#include <rapidcheck.h>

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

/// Keeps RapidCheck from printing its own configuration, which is not used here. Call before its
/// first use.
void quiet_rapidcheck();

/// From this many cases on each class of input must have been reached.
inline constexpr std::uint64_t kCasesForCoverage = 300;

/// For each class of input that a suite must reach and has not, a generator whose cases nearly all
/// reach it. Empty: there is no such class.
template <class Case>
using Aims = std::function<std::vector<rc::Gen<Case>>()>;

/// The names of those classes, in the same order.
using AimNames = std::function<std::vector<std::string>()>;

/// The last eighth of a process's cases aims at those classes, one after another. So a correct run
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

/// A long run that has not reached each class it must reach has failed.
void demand_coverage(SuiteResult& result);

/// The names in `missing`, if this run is so long that it must reach those classes.
std::vector<std::string> demanded(const Options& options, std::vector<std::string> missing);

/// A smallest case that fails, and how. number: among the cases of all processes.
template <class Case>
struct FailedCase {
  Case smallest;
  Failure failure;
  std::uint64_t number = 0;
  bool holds_alone = false;  ///< it fails only after the cases before it
};

/// The suite has failed with this case.
template <class Case>
void report(SuiteResult& result, const FailedCase<Case>& failed) {
  result.verdict = Verdict::failed;
  result.counterexample = counterexample(failed.smallest, failed.failure);
  result.failed_case = failed.number;
}

/// The value of a candidate; nothing where it cannot be drawn.
template <class Case>
std::optional<Case> value_of(const rc::Shrinkable<Case>& drawn) {
  try {
    return drawn.value();
  } catch (const rc::GenerationFailure&) {
    return std::nullopt;
  }
}

/// Walks RapidCheck's tree of smaller cases from one that fails with `failure`: the first candidate
/// that fails, too, is the next case, until none does. depth: how many candidates led to `best`.
template <class Case, class Check>
std::pair<Case, Failure> shrink(
    const std::string& suite, rc::Shrinkable<Case> best, Failure failure, Check&& check,
    std::size_t depth = 0) {
  auto candidates = best.shrinks();
  std::uint32_t index = 0;
  while (depth < Journal::kPathMax) {
    const auto candidate = candidates.next();
    if (!candidate) break;
    journal_candidate(index);
    const auto smaller = value_of(*candidate);
    auto found = smaller ? judge_case(suite, *smaller, check) : std::nullopt;
    if (!found) {
      ++index;
      continue;
    }
    journal_accepted(index);
    ++depth;
    failure = std::move(*found);
    best = *candidate;
    candidates = best.shrinks();
    index = 0;
  }
  journal_outside();
  return {best.value(), std::move(failure)};
}

/// Goes on with a case whose process has ended; generator: the one that drew it.
template <class Case, class Check>
FailedCase<Case> resume_case(
    const std::string& suite, const Options& options, const rc::Gen<Case>& generator,
    Check&& check) {
  const ResumedCase& from = *options.part.resume;
  rc::Shrinkable<Case> best = generator(random_of(options, from.draw), from.size);
  for (const std::uint32_t index : from.path) {
    auto candidates = best.shrinks();
    for (std::uint32_t i = 0; i < index; ++i) candidates.next();
    best = *candidates.next();
  }
  if (from.only_report) return {best.value(), from.failure};
  Failure failure = from.failure;
  if (from.repeats) {
    journal_repeats();
    const Case again = best.value();
    auto found = judge_case(suite, again, check);
    if (!found) return {.smallest = again, .failure = holds_alone(failure), .holds_alone = true};
    failure = std::move(*found);
  }
  for (const std::uint32_t index : from.path) journal_accepted(index);
  auto [smallest, last] =
      shrink(suite, std::move(best), std::move(failure), check, from.path.size());
  return {std::move(smallest), std::move(last)};
}

/// Draws this process's part of options.cases cases from `generator` and asks check(case) ->
/// std::optional<Failure> of each. A case that fails is shrunk; the smallest one that still fails
/// is returned, and cases_run is how many were run before it. A check that throws has failed.
/// Throws CannotRun if not all cases could be drawn.
///
/// aims: asked before each case of the last eighth; may be empty. As it depends on the cases before
/// alone, the same seed and number of processes draw the same cases. names: of the same classes;
/// needed where another process may have to draw such a case again.
template <class Case, class Check>
std::optional<FailedCase<Case>> run_cases(
    const std::string& suite, const Options& options, const rc::Gen<Case>& generator, Check&& check,
    std::uint64_t& cases_run, const std::type_identity_t<Aims<Case>>& aims = {},
    const AimNames& names = {}) {
  const WorkPart& part = options.part;
  if (part.resume) {
    const auto aimed = aims && names ? aims() : std::vector<rc::Gen<Case>>();
    return resume_case(
        suite, options, choose_again(part.resume->aim, generator, aimed, names), check);
  }
  Draws draws(options);
  journal_share(draws.share());
  const std::uint64_t first_aimed = draws.share() - draws.share() / kAimedShare;
  while (cases_run < draws.share()) {
    const std::uint64_t number = cases_run * part.workers + part.worker;
    if (part.first_failure && part.first_failure() < number) break;
    const auto aimed = aims && first_aimed <= cases_run ? aims() : std::vector<rc::Gen<Case>>();
    const std::size_t aim = aimed.empty() ? 0 : cases_run % aimed.size();
    const Draws::Draw draw = draws.next(cases_run);
    journal_case(
        number, draw.number, draw.size, aimed.empty() || !names ? std::string() : names()[aim]);
    const rc::Shrinkable<Case> drawn =
        (aimed.empty() ? generator : aimed[aim])(draw.random, draw.size);
    const auto value = value_of(drawn);
    if (!value) {
      if (draws.discarded()) continue;
      throw CannotRun{"only " + std::to_string(cases_run) + " cases could be drawn"};
    }
    ++cases_run;
    if (auto failure = judge_case(suite, *value, check)) {
      if (part.failed) part.failed(number);
      auto [smallest, last] = shrink(suite, drawn, std::move(*failure), check);
      return FailedCase<Case>{std::move(smallest), std::move(last), number};
    }
  }
  journal_outside();
  return std::nullopt;
}

}  // namespace quire::props
