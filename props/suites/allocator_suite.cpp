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
  explicit RefFirstFit(std::uint64_t blocks) : allocator_(blocks) {}
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
  ref::FirstFit allocator_;
};

/// choice: the value of --allocator that asks for this one alone.
template <BlockAllocator A>
Suite laws_of(
    const std::string& allocator, const std::string& choice, Devices devices = Devices::small) {
  const std::string name = "allocator-" + allocator;
  return {
      name, "Any calls to the allocator " + allocator + " keep the allocator laws.", "ACC-1",
      [=](const Options& options) {
        SuiteResult result{.suite = name, .device = "none"};
        if (options.allocator != "all" && options.allocator != choice) {
          result.verdict = Verdict::skipped;
          result.reason = "--allocator " + options.allocator;
          return result;
        }
        rc::detail::TestParams params;
        params.seed = options.seed;
        params.maxSuccess = static_cast<int>(options.cases);
        Progress progress(name, options);
        QuietListener listener(progress);
        const rc::detail::TestResult found = rc::detail::checkTestable(
            [&] {
              ++result.cases;
              check_allocator_laws<A>(nullptr, devices);
            },
            rc::detail::TestMetadata{name, name}, params, listener);
        if (!found.template is<rc::detail::SuccessResult>()) {
          result.verdict = Verdict::failed;
          std::ostringstream text;
          rc::detail::printResultMessage(found, text);
          result.counterexample = Counterexample{
              {"The allocator keeps every law.", "ACC-1", allocator, "the law below", "broken"},
              text.str(),
              ""};
        }
        return result;
      }};
}

}  // namespace

std::vector<Suite> allocator_suites(const std::string& allocator) {
  std::vector<Suite> suites{
      laws_of<impl::BitmapAllocator>("bitmap", "bitmap", Devices::any_size),
      laws_of<RefFirstFit>("first-fit", "first-fit")};
  if (allocator == "all" || allocator == "bitmap" || allocator == "first-fit") return suites;
  const auto table = load_allocator_table(allocator);
  if (!table) throw std::invalid_argument("--allocator: " + table.error());
  TableAllocator::use(*table);
  suites.push_back(
      laws_of<TableAllocator>(std::filesystem::path(allocator).filename().string(), allocator));
  return suites;
}

}  // namespace quire::props
