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

/// A case whose process has ended, with which another goes on.
struct ResumedCase {
  std::uint64_t draw = 0;  ///< as in the journal of the process that ended: draw, size, aim
  int size = 0;
  std::string aim = {};
  std::vector<std::uint32_t> path = {};  ///< of the candidates that failed while it was shrunk
  Failure failure;                       ///< of the last of them
  bool repeats = false;      ///< run it once more first, and keep it as it is if it holds alone
  bool only_report = false;  ///< neither run nor shrink it
};

/// The part of a suite's work that one process does.
struct WorkPart {
  std::size_t worker = 0, workers = 1;  ///< case i belongs to worker i % workers
  /// The number of the first case that has failed in any process: no later one has to run. Null:
  /// this process is the only one.
  std::function<std::uint64_t()> first_failure = {};
  std::function<void(std::uint64_t)> failed = {};  ///< a case of this number has failed
  std::optional<ResumedCase> resume = {};
};

/// The suites' options, from the command line.
struct Options {
  std::string subject = "all";    ///< ref, impl or all
  std::string allocator = "all";  ///< a built-in allocator's name, all, or a shared object
  std::string write_hooks;        ///< a shared object with write hooks; empty: none
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
  std::size_t jobs = 1;    ///< processes of a suite at a time; 0: run in this one, unwatched
  WorkPart part = {};
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
  /// Classes of input that a long run must reach and this process has not: it fails if no process
  /// has reached one (demand_coverage).
  std::vector<std::string> missing = {};
  std::uint64_t failed_case = 0;  ///< of a counterexample: its number among those of all processes
};

struct Suite {
  std::string name;
  std::string says;  ///< the claim, a sentence
  std::string tag;   ///< the rules it rests on
  std::function<SuiteResult(const Options&)> run;
  bool takes_replay = false;
  bool splits = false;      ///< several processes may run its cases
  std::uint64_t share = 1;  ///< it runs one case in so many of those asked for
};

/// Thrown by a suite that the machine cannot run: quire-check ends with status 3. One line.
struct CannotRun {
  std::string why;
};

/// Every suite, in the order in which they run. Throws std::invalid_argument, one line, if
/// options.allocator is neither an allocator nor a file that brings one, options.write_hooks is no
/// file that brings hooks, or the kernel of options.kernel has no such peer.
std::vector<Suite> all_suites(const Options& options);

}  // namespace quire::props
