// Runs a suite that compares two sets of files.
#pragma once

#include "props/differential/command.h"
#include "props/peers/files.h"
#include "props/peers/peer_comparison.h"
#include "props/suites/suite.h"

#include <rapidcheck/Gen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quire::props {

/// The two sides of a suite: how their factories are made. That may throw std::runtime_error, one
/// line.
struct Sides {
  std::function<std::unique_ptr<FilesFactory>()> ref;
  std::function<std::unique_ptr<FilesFactory>()> peer;
  std::string device;  ///< named by the report
  /// Classes of command and answer, of must_see(), that a long run has to meet.
  std::vector<std::string> classes = {};
};

struct BothFactories {
  std::unique_ptr<FilesFactory> ref, peer;
};
/// Throws CannotRun where one cannot be made.
BothFactories make_both(const Sides& sides);

/// cases: the generator of cases; late: whether memory may be supplied late.
SuiteResult run_peer_comparison(
    const std::string& suite, const Sides& sides, const Options& options,
    const std::function<rc::Gen<Case>(bool late)>& cases);

}  // namespace quire::props
