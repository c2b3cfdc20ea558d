// The suite of volumes and files as a program holds them.
#include "props/handles/handle_run.h"
#include "props/suites/run_account.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_handles(const Options& options) {
  return run_account(
      {.suite = "handles", .device = "memory"}, options, arbitrary_handle_case(), handle_classes(),
      run_handle_case);
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
