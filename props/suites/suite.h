// A suite: one claim about the code, checked on generated cases.
#pragma once

#include "props/judge/failure.h"
#include "props/judge/lock_waits.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// The suites' options, from the command line.
struct Options {
  std::string subject = "all";    ///< ref, impl or all
  std::string allocator = "all";  ///< a built-in allocator's name, all, or a shared object
  std::string device = "memory";  ///< memory, loop, or a path
  std::string peer;               ///< a file system of the kernel, or all; empty: none
  std::string kernel;             ///< the version of a kernel in a guest; empty: the running one
  std::uint64_t cases = 2000;
  std::uint64_t seed = 0;
  std::string replay;      ///< one case to run instead of generated ones; may be empty
  std::string vectors;     ///< a file of vectors instead of those of the tree; may be empty
  std::string trace_file;  ///< a recorded trace to judge instead of running suites; may be empty
  std::string trace_out;   ///< file for the trace of the suite trace-xfs; may be empty
  bool progress = false;   ///< show how far a suite is
};

enum class Verdict { held, failed, skipped };

/// A smallest case that breaks the claim.
struct Counterexample {
  Failure failure;
  std::string text;    ///< the case as a person reads it
  std::string replay;  ///< the argument of --replay
};

struct SuiteResult {
  std::string suite;
  std::string device = {};  ///< of the run: "memory", "/dev/loop0", ...
  Verdict verdict = Verdict::held;
  std::string reason = {};  ///< why it was skipped, or why it failed without a counterexample
  /// Skipped, since the machine lacks something that the suite needs (CannotRun).
  bool could_not_run = false;
  std::uint64_t cases = 0;
  std::uint64_t commands = 0;  ///< 0 where cases have no commands
  double seconds = 0;          ///< quire_check.cpp fills it in
  std::optional<Counterexample> counterexample = {};
  /// Counts by class.
  std::vector<std::pair<std::string, std::uint64_t>> coverage = {};
  LockWaits waits = {};
};

struct Suite {
  std::string name;
  std::string says;  ///< the claim, a sentence
  std::string tag;   ///< the rules it rests on
  std::function<SuiteResult(const Options&)> run;
  bool takes_replay = false;
};

/// Thrown by a suite that the machine cannot run: quire-check ends with status 3. One line.
struct CannotRun {
  std::string why;
};

/// Every suite, in the order in which they run. Throws std::invalid_argument, one line, if
/// options.allocator is neither an allocator nor a file that brings one, or the kernel of
/// options.kernel has no such peer.
std::vector<Suite> all_suites(const Options& options);

}  // namespace quire::props
