// The suite that judges allocators of one kind by the laws.
#include "props/space/allocator_case.h"
#include "props/space/large_device.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

#include <exception>

namespace quire::props {
namespace {

Failure broken_law_of(const std::string& allocator) {
  return {"The allocator keeps every law.", "ACC-1", allocator, "the law below", "broken"};
}

/// The law and the calls of a case that RapidCheck was told of. In front of them stands the place
/// of the check in our own source.
std::string without_place(const std::string& description) {
  const std::size_t place_end = description.find("\n\n");
  return place_end == std::string::npos ? description : description.substr(place_end + 2);
}

/// The first law that the calls break; broken: set to its sentence and the calls so far.
std::optional<Failure> judge(
    const AllocatorKind& kind, const AllocatorCase& drawn, AllocatorCoverage& coverage,
    std::string& broken) {
  try {
    run_allocator_case(kind, drawn, nullptr, &coverage);
  } catch (const rc::detail::CaseResult& result) {
    if (result.type != rc::detail::CaseResult::Type::Failure) return std::nullopt;
    broken = without_place(result.description);
    return broken_law_of(kind.name);
  }
  return std::nullopt;
}

/// One that cannot be made fails before any case is drawn. Returns whether it has.
bool cannot_be_made(const AllocatorKind& kind, SuiteResult& result) {
  constexpr std::uint64_t kSomeBlocks = 64;
  try {
    kind.make(kSomeBlocks);
    return false;
  } catch (const std::exception& e) {
    result.verdict = Verdict::failed;
    result.reason = e.what();
    return true;
  }
}

/// One that is not drawn any size is tried on a large device, behind the cases: those are easier to
/// read.
void try_large_device(const AllocatorKind& kind, SuiteResult& result) {
  const auto fault = kind.has(kAnySize) ? std::nullopt : fault_of_large_device(kind);
  if (!fault) return;
  result.verdict = Verdict::failed;
  result.counterexample = {broken_law_of(kind.name), without_place(*fault), ""};
  result.failed_case = result.cases;
}

}  // namespace

Suite suite_of_laws(const AllocatorKind& kind, const std::string& choice) {
  const std::string name = "allocator-" + kind.name;
  return {
      name,
      "Any calls to the allocator " + kind.name + " keep the allocator laws.",
      "ACC-1",
      [=](const Options& options) {
        SuiteResult result{.suite = name, .device = "none"};
        if (options.allocator != "all" && options.allocator != choice) {
          result.verdict = Verdict::skipped;
          result.reason = "--allocator " + options.allocator;
          return result;
        }
        if (cannot_be_made(kind, result)) return result;
        AllocatorCoverage coverage;
        std::string broken_law;  // of the last case that broke one, with the answers to its calls
        const auto failed = run_cases(
            name, options, arbitrary_allocator_case(kind.powers),
            [&](const AllocatorCase& drawn) { return judge(kind, drawn, coverage, broken_law); },
            result.cases);
        result.coverage = coverage.judgements();
        if (failed) {
          report(result, *failed);
          if (!broken_law.empty()) result.counterexample->text = broken_law;
          return result;
        }
        const auto classes = coverage.counts(kind.powers);
        result.coverage.insert(result.coverage.end(), classes.begin(), classes.end());
        result.missing = demanded(options, coverage.missing(kind.powers));
        if (options.part.worker == 0) try_large_device(kind, result);
        return result;
      },
      false,
      true};
}

}  // namespace quire::props
