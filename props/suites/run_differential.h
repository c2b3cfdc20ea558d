// Runs a suite whose cases are played on several sides.
#pragma once

#include "props/differential/command.h"
#include "props/differential/runner.h"
#include "props/suites/run_cases.h"
#include "props/suites/suite.h"

#include <rapidcheck/Gen.h>

#include <functional>
#include <string>
#include <vector>

namespace quire::props {

/// The source of a suite's cases.
struct CaseSource {
  /// Asked once; not for a replay. It may throw CannotRun.
  std::function<rc::Gen<Case>()> any;
  /// For the classes of missing(), in their order.
  Aims<Case> aims;
  /// The names of the classes that a long run must reach, and has not.
  std::function<std::vector<std::string>()> missing;
};

/// Runs options.cases cases, or the one of options.replay. Coverage is for the caller to fill in.
/// Throws as the runner does.
SuiteResult run_differential(
    const std::string& suite, const Options& options, DifferentialRunner& runner,
    const CaseSource& cases);

/// Whether this machine can supply memory late, to user space and to the kernel.
bool supplies_memory_late();

}  // namespace quire::props
