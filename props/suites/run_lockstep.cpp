#include "props/suites/run_lockstep.h"

#include "props/lockstep/aim.h"
#include "props/lockstep/arbitrary.h"
#include "props/lockstep/lockstep.h"
#include "props/memory/late_pages.h"
#include "props/suites/run_cases.h"
#include "spec/geometry.h"

#include <algorithm>
#include <sstream>

namespace quire::props {
namespace {

Counterexample describe(const Case& smallest, const Failure& failure) {
  std::ostringstream text;
  showValue(smallest, text);
  return {failure, text.str(), to_replay(smallest)};
}

/// What a case may have, so that it fits on every factory.
Bounds bounds_of(const std::vector<SubjectFactory*>& factories) {
  std::uint64_t bytes = factories.front()->device_bytes();
  for (const SubjectFactory* factory : factories) bytes = std::min(bytes, factory->device_bytes());
  if (bytes < kDeviceBytesMin) {
    throw CannotRun{
        "the device has " + std::to_string(bytes) + " bytes; cases need " +
        std::to_string(kDeviceBytesMin)};
  }
  return {
      bytes, std::max<std::uint64_t>(factories.back()->sector_size(), 512),
      why_no_userfaultfd().empty() && supports_kernel_faults()};
}

}  // namespace

SuiteResult run_lockstep(
    const std::string& suite, const std::vector<SubjectFactory*>& factories,
    const Options& options) {
  SuiteResult result{
      .suite = suite, .device = {}, .reason = {}, .counterexample = {}, .coverage = {}};
  Coverage coverage(factories.back()->sector_size() < spec::kPageSize, options.subject != "ref");
  Lockstep lockstep(factories, &coverage);
  const auto run = [&](const Case& drawn) { return lockstep.run(drawn); };
  if (!options.replay.empty()) {
    const Case given = from_replay(options.replay);
    result.cases = 1;
    if (const auto failure = judge_case(suite, given, run))
      result.counterexample = describe(given, *failure);
  } else {
    const Bounds bounds = bounds_of(factories);
    const auto aims = [&] {
      std::vector<rc::Gen<Case>> cases;
      for (const InputClass& missing : coverage.missing())
        cases.push_back(case_for(missing, bounds));
      return cases;
    };
    const auto smallest =
        run_cases(suite, options, arbitrary_case(bounds), run, result.cases, aims);
    if (smallest) result.counterexample = describe(smallest->first, smallest->second);
    result.coverage = coverage.counts();
  }
  result.commands = lockstep.commands();
  result.waits = lockstep.waits();
  if (result.counterexample) result.verdict = Verdict::failed;
  std::vector<std::string> missing;
  for (const InputClass& each : coverage.missing()) missing.push_back(name_of(each));
  demand_coverage(result, options, missing);
  return result;
}

}  // namespace quire::props
