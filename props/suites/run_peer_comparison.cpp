#include "props/suites/run_peer_comparison.h"

#include "props/peers/must_see.h"
#include "props/suites/run_differential.h"

#include <stdexcept>

namespace quire::props {

BothFactories make_both(const Sides& sides) {
  try {
    return {sides.ref(), sides.peer()};
  } catch (const std::runtime_error& e) {
    throw CannotRun{e.what()};
  }
}

SuiteResult run_peer_comparison(
    const std::string& suite, const Sides& sides, const Options& options,
    const std::function<rc::Gen<Case>(bool late)>& cases) {
  const BothFactories both = make_both(sides);
  PeerComparison comparison(*both.ref, *both.peer);
  const bool late = supplies_memory_late();
  const auto any = [&] { return cases(late); };
  const auto missing = [&] { return never_seen(sides.classes, comparison.answers()); };
  const auto aims = [&] {
    std::vector<rc::Gen<Case>> aimed;
    for (const std::string& name : missing()) aimed.push_back(case_that_meets(name, any()));
    return aimed;
  };
  SuiteResult result = run_differential(suite, options, comparison, {any, aims, missing});
  result.device = sides.device;
  result.coverage.assign(comparison.answers().begin(), comparison.answers().end());
  return result;
}

}  // namespace quire::props
