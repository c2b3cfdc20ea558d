// The suite that judges a user's write hooks.
#include "props/hooks/hooks_case.h"
#include "props/hooks/hooks_run.h"
#include "props/hooks/load_plug_in.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

#include <filesystem>
#include <stdexcept>

namespace quire::props {
namespace {

SuiteResult run_write_hooks(const std::string& name, MakeHooks* make, const Options& options) {
  SuiteResult result{.suite = name, .device = "none"};
  std::string calls;  // of the last case that broke a rule
  const auto failed = run_cases(
      name, options, arbitrary_hooks_case(),
      [&](const HooksCase& drawn) -> std::optional<Failure> {
        const auto found = run_hooks_case(drawn, make, &result.waits["hooks"]);
        if (!found) return std::nullopt;
        calls = found->calls;
        return found->failure;
      },
      result.cases);
  if (failed) {
    report(result, *failed);
    if (!calls.empty()) result.counterexample->text = calls;
  }
  return result;
}

}  // namespace

std::vector<Suite> write_hooks_suites(const std::string& path) {
  if (path.empty()) return {};
  const auto make = load_write_hooks(path);
  if (!make) throw std::invalid_argument("--write-hooks: " + make.error());
  const std::string name = "write-hooks-" + std::filesystem::path(path).filename().string();
  return {
      {name,
       "Any writes through these write_begin and write_end keep the rules, under ref's loop and "
       "under impl's.",
       "WB-1 to WB-7, IFS-1 to IFS-3, GPW-7, LK-1",
       [=, hooks = *make](const Options& options) { return run_write_hooks(name, hooks, options); },
       false, true}};
}

}  // namespace quire::props
