#include "props/suites/run_differential.h"

#include "props/memory/late_pages.h"

namespace quire::props {

SuiteResult run_differential(
    const std::string& suite, const Options& options, DifferentialRunner& runner,
    const CaseSource& cases) {
  SuiteResult result{.suite = suite};
  const auto run = [&](const Case& drawn) { return runner.run(drawn); };
  const auto fails = [&](const Case& smallest, const Failure& failure, bool replays = true) {
    result.counterexample =
        counterexample(smallest, failure, replays ? to_replay(smallest) : std::string());
    result.verdict = Verdict::failed;
  };
  if (!options.replay.empty()) {
    const Case given = from_replay(options.replay);
    result.cases = 1;
    journal_case(0);
    if (options.part.resume) {
      fails(given, options.part.resume->failure);
    } else if (const auto failure = judge_case(suite, given, run)) {
      fails(given, *failure);
    }
    journal_outside();
  } else if (
      const auto failed =
          run_cases(suite, options, cases.any(), run, result.cases, cases.aims, cases.missing)) {
    fails(failed->smallest, failed->failure, !failed->holds_alone);
    result.failed_case = failed->number;
  }
  result.commands = runner.commands();
  result.waits = runner.waits();
  result.missing = demanded(options, cases.missing());
  return result;
}

bool supplies_memory_late() { return why_no_userfaultfd().empty() && supports_kernel_faults(); }

}  // namespace quire::props
