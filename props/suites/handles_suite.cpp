// The suite of volumes and files as a program holds them.
#include "props/handles/handle_run.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_handles(const Options& options) {
  SuiteResult result{.suite = "handles", .device = "memory"};
  HandleClasses classes;
  const auto failed = run_cases(
      "handles", options, arbitrary_handle_case(),
      [&](const HandleCase& c) {
        result.commands += c.commands.size();
        return run_handle_case(c, classes);
      },
      result.cases);
  result.coverage = classes.counts();
  result.missing = demanded(options, classes.missing());
  if (failed) report(result, *failed);
  return result;
}

}  // namespace

std::vector<Suite> handle_suites() {
  return {
      {"handles",
       "A volume or a file that is moved, closed, outlived or inherited, and one on any device of "
       "a program's, answers as volume.h says.",
       "API-1, API-2, DEV-3, DEV-4", run_handles, false, true}};
}

}  // namespace quire::props
