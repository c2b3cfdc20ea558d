// What one process of a suite has found, on its way to the process that asked; and the sum of what
// several have found.
#pragma once

#include "props/suites/suite.h"

#include <functional>
#include <string>
#include <vector>

namespace quire::props {

/// What run() returns, or the exception that ends it, as bytes. Never throws: an exception that no
/// suite may throw makes a result that has failed.
std::string outcome_of(const std::string& suite, const std::function<SuiteResult()>& run);

/// The result in such bytes. Throws CannotRun, std::invalid_argument and OutputLost as run() did.
SuiteResult result_from(const std::string& outcome);

/// The results of all processes of a suite as one: counts are added up, and a class is missing if
/// no process has reached it. If some have failed, the case with the smallest number counts, and
/// `cases` is how many were run up to it.
SuiteResult merged(std::vector<SuiteResult> results);

}  // namespace quire::props
