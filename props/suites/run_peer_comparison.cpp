#include "props/suites/run_peer_comparison.h"

#include "props/memory/late_pages.h"
#include "props/peers/must_see.h"
#include "props/peers/peer_comparison.h"
#include "props/suites/run_cases.h"

#include <chrono>
#include <sstream>
#include <stdexcept>

namespace quire::props {

SuiteResult run_peer_comparison(
    const std::string& suite, const Sides& sides, const Options& options,
    const std::function<rc::Gen<Case>(bool late)>& cases) {
  const auto started = std::chrono::steady_clock::now();
  SuiteResult result{
      .suite = suite, .device = sides.device, .reason = {}, .counterexample = {}, .coverage = {}};
  std::unique_ptr<FilesFactory> ref, peer;
  try {
    ref = sides.ref();
    peer = sides.peer();
  } catch (const std::runtime_error& e) {
    throw CannotRun{e.what()};
  }
  PeerComparison comparison(*ref, *peer);
  const bool late = why_no_userfaultfd().empty() && supports_kernel_faults();
  const auto missing = [&] { return never_seen(sides.classes, comparison.answers()); };
  const auto aims = [&] {
    std::vector<rc::Gen<Case>> aimed;
    for (const std::string& name : missing()) aimed.push_back(case_that_meets(name, cases(late)));
    return aimed;
  };
  const auto describe = [&](const Case& smallest, const Failure& failure) {
    std::ostringstream text;
    showValue(smallest, text);
    result.counterexample = Counterexample{failure, text.str(), to_replay(smallest)};
    result.verdict = Verdict::failed;
  };
  if (!options.replay.empty()) {
    const Case given = from_replay(options.replay);
    result.cases = 1;
    const auto run = [&](const Case& drawn) { return comparison.run(drawn); };
    if (const auto failure = judge_case(suite, given, run)) describe(given, *failure);
  } else if (
      const auto smallest = run_cases(
          suite, options, cases(late), [&](const Case& drawn) { return comparison.run(drawn); },
          result.cases, aims)) {
    describe(smallest->first, smallest->second);
  }
  result.commands = comparison.commands();
  result.coverage.assign(comparison.answers().begin(), comparison.answers().end());
  result.waits = comparison.waits();
  demand_coverage(result, options, missing());
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

}  // namespace quire::props
