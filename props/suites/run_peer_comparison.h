// Runs a suite that holds two sets of files to each other.
#pragma once

#include "props/lockstep/command.h"
#include "props/peers/files.h"
#include "props/suites/suite.h"

#include <rapidcheck/Gen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quire::props {

/// The two sides of a suite. Making a factory may throw std::runtime_error, one line: then the
/// machine cannot run the suite (CannotRun).
struct Sides {
  std::function<std::unique_ptr<FilesFactory>()> ref;
  std::function<std::unique_ptr<FilesFactory>()> peer;
  std::string device;  ///< what the report says that the suite ran on
  /// Classes of command and answer, of must_see(), that a long run has to meet.
  std::vector<std::string> classes = {};
};

/// cases: the generator of cases; late: whether memory may be supplied late.
SuiteResult run_peer_comparison(
    const std::string& suite, const Sides& sides, const Options& options,
    const std::function<rc::Gen<Case>(bool late)>& cases);

}  // namespace quire::props
