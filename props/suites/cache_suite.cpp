// The suite of ref's page cache alone: no write path of ref runs these operations.
#include "props/cache/cache_run.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

SuiteResult run_cache(const Options& options) {
  SuiteResult result{.suite = "ref-cache", .device = "none"};
  ClassCounts classes = cache_classes();
  const auto failed = run_cases(
      "ref-cache", options, arbitrary_cache_case(),
      [&](const CacheCase& c) {
        result.commands += c.commands.size();
        return run_cache_case(c, classes);
      },
      result.cases);
  result.coverage = classes.counts();
  result.missing = demanded(options, classes.missing());
  if (failed) report(result, *failed);
  return result;
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
