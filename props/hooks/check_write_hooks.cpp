#include "props/hooks/check_write_hooks.h"

#include "props/hooks/hooks_case.h"
#include "props/hooks/hooks_run.h"
#include "props/suites/run_cases.h"

#include <fmt/format.h>

#include <optional>
#include <random>

namespace quire::props {

std::string check_write_hooks(MakeHooks* make, const HooksCheck& check) {
  constexpr std::uint64_t kSeedMax = 99'999;  // of --gtest_random_seed
  Options options;
  options.cases = check.cases;
  options.seed = check.seed != 0 ? check.seed : 1 + std::random_device{}() % kSeedMax;
  quiet_rapidcheck();
  std::string calls;
  std::uint64_t cases_run = 0;
  const auto failed = run_cases(
      "write-hooks", options, arbitrary_hooks_case(),
      [&](const HooksCase& drawn) -> std::optional<Failure> {
        const auto found = run_hooks_case(drawn, make);
        if (!found) return std::nullopt;
        calls = found->calls;
        return found->failure;
      },
      cases_run);
  if (!failed) return "";
  return fmt::format(
      "{} [{}]\n{}  {}: {}: {}\n  case {} of {}, seed {}: repeat it with --gtest_random_seed={}",
      failed->failure.says, failed->failure.source, calls, failed->failure.subject,
      failed->failure.expected, failed->failure.actual, cases_run, check.cases, options.seed,
      options.seed);
}

}  // namespace quire::props
