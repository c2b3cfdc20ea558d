// The suites that hold ref to what the running kernel does with the same commands.
#include "props/memory/late_pages.h"
#include "props/peers/arbitrary.h"
#include "props/peers/beside.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

#include <chrono>
#include <sstream>
#include <stdexcept>

namespace quire::props {
namespace {

SuiteResult run_beside(const std::string& suite, const std::string& peer, const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  SuiteResult result{
      .suite = suite, .device = peer, .reason = {}, .counterexample = {}, .coverage = {}};
  const auto ref = make_ref_files(kPeerVolumeBytes);
  std::unique_ptr<FilesBed> kernel;
  try {
    kernel = make_kernel_files(peer);
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
    if (const auto failure = beside.run(given)) describe(given, *failure);
  } else if (
      const auto smallest = run_cases(
          suite, options, arbitrary_peer_case(late),
          [&](const Case& drawn) { return beside.run(drawn); }, result.cases)) {
    describe(smallest->first, smallest->second);
  }
  result.commands = beside.commands();
  result.coverage.assign(beside.answers().begin(), beside.answers().end());
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

Suite beside(const std::string& peer) {
  const std::string name = "peer-" + peer;
  return {
      name, "Any commands, from any memory: ref and a file of " + peer + " answer alike.",
      "GPW-2, GPW-8, GPW-11, O2",
      [=](const Options& options) { return run_beside(name, peer, options); }, true};
}

}  // namespace

std::vector<Suite> peer_suites(const std::string& peer) {
  if (peer != "all") return {beside(peer)};
  return {beside("xfs"), beside("ext4"), beside("btrfs"), beside("tmpfs")};
}

}  // namespace quire::props
