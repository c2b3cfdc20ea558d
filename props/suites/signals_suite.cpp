// The suite that sends signals into copies, and lets the program around them fault.
#include "props/signals/machine.h"
#include "props/signals/signal_classes.h"
#include "props/signals/signal_run.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_signals(const Options& options) {
  if (!kCanStep) throw CannotRun{"signals: only x86-64 stops after each instruction"};
  const bool waits = why_no_userfaultfd().empty();
  SuiteResult result{.suite = "signals", .device = "none", .reason = why_no_userfaultfd()};
  SignalRun run(copy_kernels(), waits);
  SignalClasses classes(run.kernels(), waits);
  const auto failed = run_cases(
      "signals", options, arbitrary_signal_case(run.kernels().size(), waits),
      [&](const SignalCase& c) {
        auto failure = run.run(c);
        classes.count(c, run.observed(), run.died());
        return failure;
      },
      result.cases, [&] { return classes.aims(); }, [&] { return classes.missing(); });
  result.coverage = classes.counts();
  result.missing = demanded(options, classes.missing());
  if (failed) report(result, *failed);
  return result;
}

}  // namespace

std::vector<Suite> signal_suites() {
  return {
      {"signals",
       "A signal that is not a copy's reaches the program's handlers as without libquire, and "
       "the copy counts exactly.",
       "IT-5", run_signals, false, true}};
}

}  // namespace quire::props
