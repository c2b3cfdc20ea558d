// The suites that judge allocators by the laws: the built-in ones, and a user's.
#include "impl/space/bitmap_allocator.h"
#include "props/space/allocator_calls.h"
#include "props/space/table_allocator.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"
#include "ref/plain/first_fit.h"

#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace quire::props {
namespace {

/// ref's allocator under the concept, whose names are impl's.
class RefFirstFit {
 public:
  explicit RefFirstFit(std::uint64_t blocks)
      : allocator_(blocks, blocks > 2 * kFar ? kFar - 40 : 0) {}
  bool reserve(std::uint64_t n) { return allocator_.reserve(n); }
  void unreserve(std::uint64_t n) { allocator_.unreserve(n); }
  std::optional<Extent> allocate(std::uint64_t, std::uint64_t) {
    return Extent{allocator_.allocate(), 1};
  }
  void free(Extent extent) {
    for (std::uint64_t b = extent.start; b < extent.end(); ++b) allocator_.free(b);
  }
  std::uint64_t blocks() const { return allocator_.blocks(); }
  std::uint64_t free_blocks() const { return allocator_.free_blocks(); }
  std::uint64_t reserved_blocks() const { return allocator_.reserved_blocks(); }

 private:
  /// A large device has its first blocks around here.
  static constexpr std::uint64_t kFar = std::uint64_t{1} << 32;

  ref::FirstFit allocator_;
};

/// The first law that the calls break; broken: set to its sentence and the calls so far.
template <BlockAllocator A>
std::optional<Failure> judge(
    const AllocatorCase<A>& drawn, const std::string& allocator, std::string& broken) {
  try {
    run_allocator_case(drawn);
  } catch (const rc::detail::CaseResult& result) {
    if (result.type != rc::detail::CaseResult::Type::Failure) return std::nullopt;
    // In front of it stands the place of the check in our own source.
    const std::size_t place_end = result.description.find("\n\n");
    broken = place_end == std::string::npos ? result.description
                                            : result.description.substr(place_end + 2);
    return Failure{"The allocator keeps every law.", "ACC-1", allocator, "the law below", "broken"};
  }
  return std::nullopt;
}

/// choice: the value of --allocator that asks for this one alone.
template <BlockAllocator A>
Suite laws_of(
    const std::string& allocator, const std::string& choice, Devices devices = Devices::small) {
  const std::string name = "allocator-" + allocator;
  return {
      name,
      "Any calls to the allocator " + allocator + " keep the allocator laws.",
      "ACC-1",
      [=](const Options& options) {
        SuiteResult result{.suite = name, .device = "none"};
        if (options.allocator != "all" && options.allocator != choice) {
          result.verdict = Verdict::skipped;
          result.reason = "--allocator " + options.allocator;
          return result;
        }
        std::string broken_law;  // of the last case that broke one, with the answers to its calls
        const auto failed = run_cases(
            name, options, arbitrary_allocator_case<A>(devices),
            [&](const AllocatorCase<A>& drawn) { return judge(drawn, allocator, broken_law); },
            result.cases);
        if (failed) {
          report(result, *failed);
          if (!broken_law.empty()) result.counterexample->text = broken_law;
        }
        return result;
      },
      false,
      true};
}

}  // namespace

std::vector<Suite> allocator_suites(const std::string& allocator) {
  std::vector<Suite> suites{
      laws_of<impl::BitmapAllocator>("bitmap", "bitmap", Devices::any_size),
      laws_of<RefFirstFit>("first-fit", "first-fit", Devices::any_size)};
  if (allocator == "all" || allocator == "bitmap" || allocator == "first-fit") return suites;
  const auto table = load_allocator_table(allocator);
  if (!table) throw std::invalid_argument("--allocator: " + table.error());
  TableAllocator::use(*table);
  suites.push_back(
      laws_of<TableAllocator>(std::filesystem::path(allocator).filename().string(), allocator));
  return suites;
}

}  // namespace quire::props
