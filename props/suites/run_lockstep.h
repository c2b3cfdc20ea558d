// Runs a suite's cases on several subjects side by side.
#pragma once

#include "props/subject/subject.h"
#include "props/suites/suite.h"

#include <string>
#include <vector>

namespace quire::props {

/// Runs options.cases cases, or the one of options.replay, on every factory. Coverage is that of
/// the last factory: a long run fails if that has not reached each class of input that it can
/// reach. The result's device is the caller's. Throws CannotRun if the device is too
/// small for a case, std::runtime_error when the machine fails.
SuiteResult run_lockstep(
    const std::string& suite, const std::vector<SubjectFactory*>& factories,
    const Options& options);

}  // namespace quire::props
