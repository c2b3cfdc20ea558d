// The suite of F2FS's own calls: ref's plain write path has none of them.
#include "props/f2fs/f2fs_run.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_f2fs(const Options& options) {
  SuiteResult result{.suite = "ref-f2fs-calls", .device = "memory"};
  ClassCounts classes = f2fs_classes();
  const auto failed = run_cases(
      "ref-f2fs-calls", options, arbitrary_f2fs_calls(),
      [&](const F2fsCase& c) {
        result.commands += c.commands.size();
        return run_f2fs_case(c, classes);
      },
      result.cases);
  result.coverage = classes.counts();
  result.missing = demanded(options, classes.missing());
  if (failed) report(result, *failed);
  return result;
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
