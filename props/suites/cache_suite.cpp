// The suite of ref's page cache alone: no write path of ref runs these operations.
#include "props/cache/cache_run.h"
#include "props/suites/run_account.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_cache(const Options& options) {
  return run_account(
      {.suite = "ref-cache", .device = "none"}, options, arbitrary_cache_case(), cache_classes(),
      run_cache_case);
}

}  // namespace

std::vector<Suite> cache_suites() {
  return {
      {"ref-cache",
       "Any cuts, drops and writebacks of ranges of ref's page cache leave the bytes, marks, "
       "mappings and errors that a plain account has.",
       "PC-1 to PC-9, ES-6", run_cache, false, true}};
}

}  // namespace quire::props
