// Asks the obligations that match, in the order asked for, until one is refuted. quire-prove would
// also run the controls, shrink the counterexample and go on: a campaign over hundreds of mutants
// wants neither. One program for each list of obligations: OBLIGATIONS.
#include "proofs/engine/explore.h"
#include "proofs/obligations/obligations.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace quire::proofs;

constexpr int kRefuted = 1, kBadUsage = 2, kUndecided = 4, kOutputLost = 5;  // as quire-prove exits

/// Those that match, each once, first what the first glob names.
std::vector<Obligation> chosen(const std::vector<std::string>& globs) {
  const std::vector<Obligation> all = OBLIGATIONS();
  std::vector<Obligation> found;
  std::set<std::string> names;
  for (const std::string& glob : globs) {
    for (const Obligation& o : all) {
      if (fnmatch(glob.c_str(), o.name.c_str(), 0) == 0 && names.insert(o.name).second) {
        found.push_back(o);
      }
    }
  }
  return found;
}

Exploration explored(const Obligation& obligation) {
  ExploreOptions options{.timeout_ms = 20'000, .paths_max = 2'000};
  options.broken =
      "is a mutant";  // no control has this name; a counterexample is not shrunk for it
  Exploration failed;
  failed.verdict = Verdict::undecided;
  try {
    return explore(obligation.body, options);
  } catch (const z3::exception& e) {
    failed.reason = fmt::format("Z3 failed: {}", e.msg());
  } catch (const std::exception& e) {
    failed.reason = fmt::format("the body threw: {}", e.what());
  }
  return failed;
}

/// Asks one after the other, and prints. Returns the exit status.
int ask(const std::vector<Obligation>& obligations) {
  int status = 0;
  for (const Obligation& obligation : obligations) {
    const Exploration found = explored(obligation);
    if (found.verdict == Verdict::refuted) {
      fmt::print("refuted {}: {}\n", obligation.name, found.counterexample->says);
      return kRefuted;
    }
    if (found.verdict == Verdict::undecided) status = kUndecided;
    fmt::print(
        "{} {}{}{}\n", found.verdict == Verdict::proved ? "proven" : "undecided", obligation.name,
        found.reason.empty() ? "" : ": ", found.reason);
    if (std::fflush(stdout) != 0) return kOutputLost;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Obligation> obligations = chosen({argv + 1, argv + argc});
  if (obligations.empty()) {
    fmt::print(stderr, "usage: mutant-refute GLOB...  (of obligations; quire-prove --list)\n");
    return kBadUsage;
  }
  int status = kOutputLost;
  try {
    status = ask(obligations);
  } catch (const std::system_error&) {
    // fmt could not print
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) status = kOutputLost;
  if (status == kOutputLost) fmt::print(stderr, "mutant-refute: standard output is not writable\n");
  return status;
}
