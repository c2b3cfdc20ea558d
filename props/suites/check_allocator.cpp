// The check of an allocator by a program that links libquire-check.
#include <quire/check/allocator.h>

#include "props/suites/output.h"
#include "props/suites/run_cases.h"
#include "props/suites/run_suite.h"
#include "props/suites/suites.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <random>

namespace quire::check {
namespace {

std::string text_of(const props::SuiteResult& result, const props::Options& options) {
  const std::string again = fmt::format(
      "  {} cases of seed {} with jobs {}: a test repeats them with --gtest_random_seed={}",
      options.cases, options.seed, options.jobs, options.seed);
  if (!result.counterexample) return result.reason + "\n" + again;
  const auto& [failure, calls, replay] = *result.counterexample;
  return fmt::format(
      "{} [{}]\n{}\n  {}: expected {}: {}\n{}", failure.says, failure.source, calls,
      failure.subject, failure.expected, failure.actual, again);
}

}  // namespace

std::string check_allocator(const AllocatorKind& kind, const AllocatorCheck& check) {
  constexpr std::uint64_t kSeedMax = 99'999;  // of --gtest_random_seed
  try {
    props::Options options;
    options.cases = check.cases;
    options.seed = check.seed != 0 ? check.seed : 1 + std::random_device{}() % kSeedMax;
    options.jobs = check.jobs != 0 ? check.jobs : props::processors();
    props::quiet_rapidcheck();
    props::flush_output();
    const props::SuiteResult result =
        props::run_suite(props::suite_of_laws(kind, kind.name), options);
    return result.verdict == props::Verdict::held ? "" : text_of(result, options);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const props::CannotRun& e) {
    return kind.name + " cannot be checked: " + e.why;
  } catch (const std::exception& e) {
    return kind.name + " cannot be checked: " + e.what();
  }
}

}  // namespace quire::check
