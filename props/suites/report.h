// How the results of suites are told: to a person, and as JSON.
#pragma once

#include "props/suites/suite.h"

#include <string>
#include <vector>

namespace quire::props {

// What prints throws OutputLost (output.h).

/// One line on standard output; after a failure also what failed, the smallest case, what was
/// expected and what happened, and the line that replays it.
void print_result(
    const SuiteResult& result, const Suite& suite, const Options& options, bool colour);

/// A circle of waits for locks, over all suites together: "iolock, folio lock" where each was
/// waited for with the one before it held, and the first with the last. Empty if there is none
/// (LK-1).
std::string circle_of_waits(const std::vector<SuiteResult>& results);

/// The last line: "N held, N failed, N skipped".
void print_counts(const std::vector<SuiteResult>& results, bool colour);

/// Every result with its name, tag, verdict and figures, and the pairs of locks that it met.
std::string to_json(
    const std::vector<SuiteResult>& results, const std::vector<Suite>& suites,
    const Options& options);

}  // namespace quire::props
