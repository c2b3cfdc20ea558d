#include "props/suites/run_cases.h"

namespace quire::props {

void demand_coverage(SuiteResult& result) {
  if (result.verdict != Verdict::held || result.missing.empty()) return;
  result.verdict = Verdict::failed;
  for (const std::string& name : result.missing)
    result.reason += (result.reason.empty() ? "never reached: " : "; ") + name;
}

std::vector<std::string> demanded(const Options& options, std::vector<std::string> missing) {
  const bool is_long = options.replay.empty() && kCasesForCoverage <= options.cases;
  if (!is_long) missing.clear();
  return missing;
}

}  // namespace quire::props
