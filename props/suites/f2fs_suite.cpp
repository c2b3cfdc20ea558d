// The suite of F2FS's own calls: ref's plain write path has none of them.
#include "props/f2fs/f2fs_run.h"
#include "props/suites/run_account.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_f2fs(const Options& options) {
  return run_account(
      {.suite = "ref-f2fs-calls", .device = "memory"}, options, arbitrary_f2fs_calls(),
      f2fs_classes(), run_f2fs_case);
}

}  // namespace

std::vector<Suite> f2fs_suites() {
  return {
      {"ref-f2fs-calls",
       "Any atomic writes, pins, releases of saved blocks, checkpoints and crashes leave each file "
       "of ref's model of F2FS as a plain account has it.",
       "F2-1 to F2-5, ACC-1", run_f2fs, false, true}};
}

}  // namespace quire::props
