// Runs a suite whose cases are played against an account of their own.
#pragma once

#include "props/judge/class_counts.h"
#include "props/suites/run_cases.h"

#include <utility>

namespace quire::props {

/// play(case, classes) -> std::optional<Failure> counts the classes that the case meets; a long run
/// must meet each. result: with the names of the suite and of its device.
template <class Case, class Play>
SuiteResult run_account(
    SuiteResult result, const Options& options, const rc::Gen<Case>& cases, ClassCounts classes,
    Play&& play) {
  const auto failed = run_cases(
      result.suite, options, cases,
      [&](const Case& c) {
        result.commands += c.commands.size();
        return play(c, classes);
      },
      result.cases);
  result.coverage = classes.counts();
  result.missing = demanded(options, classes.missing());
  if (failed) report(result, *failed);
  return result;
}

}  // namespace quire::props
