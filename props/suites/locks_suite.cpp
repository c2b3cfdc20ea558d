// The suite of libquire's lock.
#include "props/locks/lock_case.h"
#include "props/suites/run_account.h"
#include "props/suites/suites.h"

#include <algorithm>

namespace quire::props {
namespace {

constexpr std::uint64_t kLocksShare = 4;  // a case has threads of its own, which take turns

SuiteResult run_locks(const Options& all) {
  Options options = all;
  options.cases = std::max<std::uint64_t>(1, all.cases / kLocksShare);
  return run_account(
      {.suite = "locks", .device = "none"}, options, arbitrary_lock_case(), lock_classes(),
      run_lock_case);
}

}  // namespace

std::vector<Suite> lock_suites() {
  return {
      {"locks",
       "Of threads that take libquire's lock and give it back, those hold it that its phases and "
       "its queue say, the others wait, and each is woken in its turn.",
       "LK-10", run_locks, false, true, kLocksShare}};
}

}  // namespace quire::props
