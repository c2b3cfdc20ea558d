// Runs a suite in processes of their own, so that a case that crashes or hangs is a failure like
// any other.
#pragma once

#include "props/suites/suite.h"
#include "props/watchdog/hang.h"

#include <cstddef>

namespace quire::props {

/// The processors that this process may use; 1 at least.
std::size_t processors();

/// How many processes run the suite's cases: at most options.jobs, and so few that each has cases
/// enough to reach every class of input. 0: this process runs them.
std::size_t workers_of(const Suite& suite, const Options& options);

/// The suite's result, without its seconds. The same seed and options.jobs draw the same cases, and
/// report the same failure: of all cases that fail, the one with the smallest number.
///
/// A case that ends its process is repeated in another. If it ends that, too, it is shrunk there;
/// each time a smaller case ends the process, a new one goes on from there. limits: of a case;
/// while cases are shrunk they are shorter.
///
/// Leaves no process behind. The calling process must have no other thread. Throws CannotRun and
/// std::invalid_argument as the suite does, OutputLost, and std::system_error where no process can
/// be made.
SuiteResult run_suite(const Suite& suite, const Options& options, const HangLimits& limits = {});

}  // namespace quire::props
