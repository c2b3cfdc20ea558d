#include "props/suites/run_differential.h"

#include "props/memory/late_pages.h"

namespace quire::props {

SuiteResult run_differential(
    const std::string& suite, const Options& options, DifferentialRunner& runner,
    const CaseSource& cases) {
  SuiteResult result{.suite = suite};
  const auto run = [&](const Case& drawn) { return runner.run(drawn); };
  const auto fails = [&](const Case& smallest, const Failure& failure) {
    result.counterexample = counterexample(smallest, failure, to_replay(smallest));
    result.verdict = Verdict::failed;
  };
  if (!options.replay.empty()) {
    const Case given = from_replay(options.replay);
    result.cases = 1;
    if (const auto failure = judge_case(suite, given, run)) fails(given, *failure);
  } else if (
      const auto smallest = run_cases(suite, options, cases.any(), run, result.cases, cases.aims)) {
    fails(smallest->first, smallest->second);
  }
  result.commands = runner.commands();
  result.waits = runner.waits();
  demand_coverage(result, options, cases.missing());
  return result;
}

bool supplies_memory_late() { return why_no_userfaultfd().empty() && supports_kernel_faults(); }

}  // namespace quire::props
