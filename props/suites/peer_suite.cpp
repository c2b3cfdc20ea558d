// The suites that hold ref to what the running kernel does with the same commands.
#include "props/memory/late_pages.h"
#include "props/peers/arbitrary.h"
#include "props/peers/beside.h"
#include "props/peers/must_see.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

#include <chrono>
#include <sstream>
#include <stdexcept>

namespace quire::props {
namespace {

/// version: of a kernel in a guest, or empty: the running one.
SuiteResult run_beside(
    const std::string& suite, const std::string& peer, const std::string& version,
    const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  SuiteResult result{
      .suite = suite, .device = peer, .reason = {}, .counterexample = {}, .coverage = {}};
  const auto ref = make_ref_files(kPeerVolumeBytes);
  std::unique_ptr<FilesBed> kernel;
  try {
    kernel = version.empty() ? make_kernel_files(peer) : make_guest_files(peer, version);
  } catch (const std::runtime_error& e) {
    throw CannotRun{e.what()};
  }
  Beside beside(*ref, *kernel);
  const bool late = why_no_userfaultfd().empty() && supports_kernel_faults();
  const auto describe = [&](const Case& smallest, const Failure& failure) {
    std::ostringstream text;
    showValue(smallest, text);
    result.counterexample = Counterexample{failure, text.str(), to_replay(smallest)};
    result.verdict = Verdict::failed;
  };
  if (!options.replay.empty()) {
    const Case given = from_replay(options.replay);
    result.cases = 1;
    const auto run = [&](const Case& drawn) { return beside.run(drawn); };
    if (const auto failure = judge_case(suite, given, run)) describe(given, *failure);
  } else if (
      const auto smallest = run_cases(
          suite, options, arbitrary_peer_case(late),
          [&](const Case& drawn) { return beside.run(drawn); }, result.cases)) {
    describe(smallest->first, smallest->second);
  }
  result.commands = beside.commands();
  result.coverage.assign(beside.answers().begin(), beside.answers().end());
  if (result.verdict == Verdict::held && options.replay.empty() &&
      kCasesForCoverage <= options.cases) {
    const std::string name = version.empty() ? peer : peer + "-" + version;
    for (const std::string& missing : never_seen(spec::allowance_of(name), beside.answers())) {
      result.verdict = Verdict::failed;
      result.reason += (result.reason.empty() ? "never reached: " : "; ") + missing;
    }
  }
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

Suite beside(const std::string& peer, const std::string& version) {
  const std::string name = "peer-" + peer + (version.empty() ? "" : "-" + version);
  const std::string whose = version.empty() ? peer : peer + " of Linux " + version;
  return {
      name, "Any commands, from any memory: ref and a file of " + whose + " answer alike.",
      "GPW-2, GPW-8, GPW-11, O2",
      [=](const Options& options) { return run_beside(name, peer, version, options); }, true};
}

}  // namespace

std::vector<Suite> peer_suites(const std::string& peer, const std::string& kernel) {
  // No kernel that quire runs on is known to have F2FS.
  const bool guest = !kernel.empty() || peer == "f2fs";
  const std::string version = guest && kernel.empty() ? "6.1" : kernel;
  if (peer == "tmpfs" && guest) throw std::invalid_argument("--kernel: a guest has no tmpfs");
  if (peer != "all") return {beside(peer, version)};
  std::vector<Suite> suites{
      beside("xfs", version), beside("ext4", version), beside("btrfs", version)};
  suites.push_back(guest ? beside("f2fs", version) : beside("tmpfs", version));
  return suites;
}

}  // namespace quire::props
