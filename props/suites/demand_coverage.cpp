#include "props/suites/run_cases.h"

namespace quire::props {

void demand_coverage(
    SuiteResult& result, const Options& options, const std::vector<std::string>& missing) {
  const bool is_long = options.replay.empty() && kCasesForCoverage <= options.cases;
  if (!is_long || result.verdict != Verdict::held || missing.empty()) return;
  result.verdict = Verdict::failed;
  for (const std::string& name : missing)
    result.reason += (result.reason.empty() ? "never reached: " : "; ") + name;
}

}  // namespace quire::props
