// quire-check: runs the suites and says what holds.
#include "props/device/loop_device.h"
#include "props/suites/output.h"
#include "props/suites/report.h"
#include "props/suites/run_cases.h"
#include "props/suites/run_suite.h"
#include "props/suites/score_card.h"
#include "props/suites/suite.h"
#include "props/suites/suites.h"
#include "props/trace/tracefs.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <malloc.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace quire::props;

constexpr int kAllHold = 0, kFailed = 1, kBadUsage = 2, kCannotRun = 3, kOutputLost = 5;

constexpr const char* kExamples = R"(
Examples:
  quire-check                                     every suite in memory, a fresh seed
  quire-check --device loop --cases 20000         on loop devices made and removed here (root)
  quire-check --suite 'lockstep-*' --seed 7       one kind of suite, the cases of seed 7
  quire-check --suite lockstep-512 --replay LINE  the one case that a failure printed
  quire-check --suite 'allocator-*' --allocator ./mine.so   an allocator of your own
  quire-check --suite 'allocator-*' --score-card   how often each law held, and who places best
  quire-check --suite 'write-hooks-*' --write-hooks ./mine.so   write_begin and write_end
  quire-check --peer xfs                          ref against real files of XFS (root)
  quire-check --peer f2fs --kernel 6.12           ref against F2FS of Linux 6.12, in a guest
  quire-check --suite trace-xfs                   this kernel's own steps in XFS (root)
  quire-check --suite vectors                     each way through the loops of a write
  quire-check --suite vectors --vectors FILE      those that quire-prove --vectors wrote to FILE
  quire-check --trace-file FILE                   a trace that trace-xfs kept with --trace-out

Exit status: 0 all suites hold; 1 one failed; 2 bad usage; 3 none failed, but the machine cannot
run one, or any, of what was asked (no loop device, no permission, a busy device, no mkfs, no
tracefs, no guest); 5 standard output or a file could not be written.)";

int bad_usage(const std::string& why) {
  fmt::print(stderr, "quire-check: {}\n", why);
  return kBadUsage;
}

/// A call to a kernel's files may wait for a disk that others use, or for an emulated machine: its
/// own patience ends first.
HangLimits limits_of(const Options& options) {
  HangLimits limits;
  if (!options.peer.empty()) limits.asleep *= 5;
  return limits;
}

/// One suite, and how long it took; where the machine cannot run it, the reason.
SuiteResult time_suite(const Suite& suite, const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  try {
    SuiteResult result = run_suite(suite, options, limits_of(options));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    result.seconds = took.count();
    return result;
  } catch (const CannotRun& e) {
    SuiteResult result{.suite = suite.name, .device = "none", .reason = e.why};
    result.verdict = Verdict::skipped;
    result.could_not_run = true;
    return result;
  }
}

int status_of(const std::vector<SuiteResult>& results) {
  const auto failed = [](const SuiteResult& r) { return r.verdict == Verdict::failed; };
  const auto skipped = [](const SuiteResult& r) { return r.verdict == Verdict::skipped; };
  const auto could_not = [](const SuiteResult& r) { return r.could_not_run; };
  if (std::ranges::any_of(results, failed)) return kFailed;
  const bool lacks =
      std::ranges::any_of(results, could_not) || std::ranges::all_of(results, skipped);
  return lacks ? kCannotRun : kAllHold;
}

/// Why some argument would not be heeded, or nothing.
std::string unheeded(const Options& options, const std::vector<Suite>& chosen) {
  if (!options.kernel.empty() && options.peer.empty())
    return "--kernel needs --peer: which of its file systems";
  if (!options.trace_file.empty() && !options.peer.empty())
    return "--trace-file runs no suite: leave --peer away";
  const auto is_vectors = [](const Suite& suite) { return suite.name == "vectors"; };
  if (!options.vectors.empty() && std::ranges::none_of(chosen, is_vectors))
    return "--vectors needs the suite vectors";
  const auto is_hooks = [](const Suite& suite) { return suite.name.starts_with("write-hooks-"); };
  if (!options.write_hooks.empty() && std::ranges::none_of(chosen, is_hooks))
    return "--write-hooks needs the suite write-hooks-*";
  const auto traces = [](const Suite& suite) { return suite.name == "trace-xfs"; };
  if (!options.trace_out.empty() && std::ranges::none_of(chosen, traces))
    return "--trace-out needs the suite trace-xfs";
  return "";
}

/// What --score-card asks for.
struct ScoreCard {
  bool wanted = false;
  std::string chart;  ///< a file for the bars; empty: none
  std::vector<AllocatorScore> scores = {};
};

std::string unheeded(const ScoreCard& card, const std::vector<Suite>& chosen) {
  if (!card.chart.empty() && !card.wanted) return "--chart needs --score-card";
  const auto is_laws = [](const Suite& suite) { return suite.name.starts_with("allocator-"); };
  if (card.wanted && std::ranges::none_of(chosen, is_laws))
    return "--score-card needs the suites allocator-*";
  return "";
}

/// Each case takes some MiB and lets go of them. To give their pages back to the kernel, and to
/// fault them in again, would take a fifth of the time.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that it takes
  ::mallopt(M_TRIM_THRESHOLD, 512 << 20);
  ::mallopt(M_ARENA_MAX, 1);  // two threads take turns, and free what the other one has taken
#endif
}

/// Removes loop devices and trace instances of killed runs.
void reap_leftovers() {
  reap_stale_loop_devices();
  trace::reap_stale_instances();
}

/// Prints the laws of each allocator's suite, and the scores of those that were asked for.
void score(ScoreCard& card, const std::vector<SuiteResult>& results, const Options& options) {
  for (const SuiteResult& result : results)
    if (result.suite.starts_with("allocator-") && result.verdict != Verdict::skipped)
      put(law_card(result));
  card.scores = score_allocators(allocator_kinds(options.allocator), options.seed);
  put(score_card(card.scores, options.seed));
  if (card.chart.empty()) return;
  std::ofstream chart(card.chart);
  chart << score_chart(card.scores);
  if (!chart.flush()) throw OutputLost(card.chart + ": cannot be written");
}

/// Does what the arguments ask. Returns the exit status.
int run(int argc, char** argv) {
  Options options;
  options.seed = std::random_device{}();
  options.progress = ::isatty(STDERR_FILENO) != 0;
  options.jobs = processors();
  std::string glob = "*";
  std::string json_path;
  bool list = false;

  CLI::App app{
      "Checks quire's write path: ref and impl against the model, each other and the kernel."};
  app.footer(kExamples);
  app.add_flag("--list", list, "Name the suites and what each claims");
  app.add_option(
         "--suite", glob,
         "Run the suites whose name matches this pattern; '!(trace-*)' is all but those")
      ->type_name("GLOB");
  app.add_option(
         "--subject", options.subject, "Whose answers are judged; impl always runs with ref")
      ->check(CLI::IsMember({"ref", "impl", "all"}))
      ->capture_default_str();
  app.add_option(
         "--allocator", options.allocator,
         "Which allocator the laws are asked of; a file is a shared object that defines "
         "quire_allocator_table() (quire/allocator_table.h)")
      ->type_name("bitmap|extent|buddy|first-fit|all|FILE.so")
      ->capture_default_str();
  ScoreCard card;
  app.add_flag(
      "--score-card", card.wanted,
      "Behind the allocator suites: how often each law was judged, and how the allocators place "
      "blocks and how fast, beside those of quire");
  app.add_option("--chart", card.chart, "With --score-card: the scores as bars, an SVG file")
      ->type_name("FILE.svg");
  app.add_option(
         "--write-hooks", options.write_hooks,
         "Judge the write_begin and write_end of a shared object that defines quire_write_hooks() "
         "(props/hooks/plug_in.h)")
      ->type_name("FILE.so");
  app.add_option(
         "--peer", options.peer,
         "Compare ref with files of this kernel's file system instead; on loop devices of its own "
         "(root). f2fs: of Linux 6.1, unless --kernel says otherwise. all: every one but f2fs, or "
         "with --kernel every one but tmpfs")
      ->check(CLI::IsMember({"xfs", "ext4", "btrfs", "tmpfs", "f2fs", "all"}));
  app.add_option(
         "--kernel", options.kernel,
         "With --peer: that of another kernel, in an emulated machine (no root); first "
         "props/guest/fetch_kernel --kernel V")
      ->check(CLI::IsMember({"6.1", "6.12"}));
  app.add_option(
         "--device", options.device,
         "memory; loop: loop devices of its own; or a block device or file, WHOSE CONTENTS ARE "
         "LOST")
      ->type_name("memory|loop|PATH")
      ->capture_default_str();
  app.add_option(
         "--cases", options.cases,
         "Cases of each suite; from 300 on every class of input must be reached")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "The same seed and number of jobs draw the same cases");
  app.add_option(
         "--jobs", options.jobs,
         "Run the cases of a suite in so many processes; 0: in this one, where a case that crashes "
         "or hangs takes all with it (for a debugger)")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->default_str("one for each processor");
  app.add_option("--replay", options.replay, "Run one case: the line that a failure printed")
      ->type_name("LINE");
  app.add_option(
         "--vectors", options.vectors,
         "Run the vectors of this file, as quire-prove --vectors wrote it, instead of those of the "
         "tree; needs the suite vectors")
      ->type_name("FILE");
  app.add_option(
         "--trace-file", options.trace_file,
         "Judge a recorded trace of this kernel or another instead of running suites")
      ->type_name("FILE");
  app.add_option("--trace-out", options.trace_out, "Keep the trace that trace-xfs records")
      ->type_name("FILE");
  app.add_option("--json", json_path, "Write the results to this file as JSON")->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kAllHold : kBadUsage;
  }

  std::vector<Suite> chosen;
  try {
    for (Suite& suite : all_suites(options)) {
      if (::fnmatch(glob.c_str(), suite.name.c_str(), FNM_EXTMATCH) == 0)
        chosen.push_back(std::move(suite));
    }
  } catch (const std::invalid_argument& e) {
    return bad_usage(e.what());
  }
  if (chosen.empty()) return bad_usage("no suite is called " + glob + "; --list names them");
  if (const std::string why = unheeded(options, chosen); !why.empty()) return bad_usage(why);
  if (const std::string why = unheeded(card, chosen); !why.empty()) return bad_usage(why);
  if (list) {
    for (const Suite& suite : chosen)
      put(fmt::format("{:<20} {} [{}]\n", suite.name, suite.says, suite.tag));
    return kAllHold;
  }
  if (!options.replay.empty()) {
    std::erase_if(chosen, [](const Suite& suite) { return !suite.takes_replay; });
    if (chosen.size() != 1)
      return bad_usage("--replay needs one suite: add --suite NAME, as the failure printed it");
  }
  std::ofstream json;
  if (!json_path.empty()) {
    json.open(json_path);
    if (!json) return bad_usage(json_path + ": cannot be written");
  }

  keep_freed_memory();
  quiet_rapidcheck();
  const bool colour = ::isatty(STDOUT_FILENO) != 0;
  std::vector<SuiteResult> results;
  reap_leftovers();
  for (const Suite& suite : chosen) {
    try {
      results.push_back(time_suite(suite, options));
    } catch (const std::invalid_argument& e) {
      const int usage = bad_usage(e.what());
      return status_of(results) == kFailed ? kFailed : usage;
    }
    print_result(results.back(), suite, options, colour);
  }
  reap_leftovers();  // of processes that a case has ended
  const std::string circle = circle_of_waits(results);
  if (!circle.empty()) put(fmt::format("locks are waited for in a circle [LK-1]: {}\n", circle));
  if (card.wanted) score(card, results, options);
  print_counts(results, colour);
  if (json.is_open()) {
    json << to_json(results, chosen, options, card.scores) << '\n';
    if (!json.flush()) throw OutputLost(json_path + ": cannot be written");
  }
  return circle.empty() ? status_of(results) : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    flush_output();
    return status;
  } catch (const OutputLost& e) {
    fmt::print(stderr, "quire-check: {}\n", e.what());
    return kOutputLost;
  }
}
