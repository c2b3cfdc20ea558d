// The report of the suites' results: for a person, and as JSON.
#pragma once

#include "props/space/score.h"
#include "props/suites/suite.h"

#include <string>
#include <vector>

namespace quire::props {

// Functions that print throw OutputLost (output.h).

/// Prints one line; after a failure also the broken sentence, the smallest case, the expected and
/// the actual value, and the line that replays it.
void print_result(
    const SuiteResult& result, const Suite& suite, const Options& options, bool colour);

/// A circle of waits for locks, over all suites together: "iolock, folio lock", if each was waited
/// for under the one before it, and the first under the last. Empty if there is none (LK-1).
std::string circle_of_waits(const std::vector<SuiteResult>& results);

/// The last line: "N held, N failed, N skipped".
void print_counts(const std::vector<SuiteResult>& results, bool colour);

/// Every result with its name, tag, verdict and figures, and the pairs of locks in its waits; and
/// the scores of allocators, if there are any.
std::string to_json(
    const std::vector<SuiteResult>& results, const std::vector<Suite>& suites,
    const Options& options, const std::vector<AllocatorScore>& scores = {});

}  // namespace quire::props
