// The allocators that are judged by the laws: the built-in ones, and a user's.
#include "impl/space/bitmap_allocator.h"
#include "impl/space/buddy_allocator.h"
#include "impl/space/extent_allocator.h"
#include "props/space/table_allocator.h"
#include "props/suites/suites.h"
#include "ref/plain/first_fit.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace quire::props {
namespace {

/// ref's allocator under the concept, whose names are impl's. It grants a block at a time.
class RefFirstFit {
 public:
  static constexpr bool releases_parts = true, releases_joined = true, any_size = true;

  explicit RefFirstFit(std::uint64_t blocks)
      : allocator_(blocks, blocks > 2 * kFar ? kFar - 40 : 0) {}
  bool reserve(std::uint64_t n) { return allocator_.reserve(n); }
  void unreserve(std::uint64_t n) { allocator_.unreserve(n); }
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    if (request.minimum != 1 || request.alignment != 1) return 0;
    extents[0] = {allocator_.allocate(), 1};
    return 1;
  }
  void release(Extent extent) {
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

}  // namespace

std::vector<AllocatorKind> allocator_kinds(const std::string& allocator) {
  std::vector<AllocatorKind> kinds{
      kind_of<impl::BitmapAllocator>("bitmap"), kind_of<impl::ExtentAllocator>("extent"),
      kind_of<impl::BuddyAllocator>("buddy")};
  for (AllocatorKind& kind : kinds) kind.powers |= kPassesOverStrangers;  // as each says itself
  kinds.push_back(kind_of<RefFirstFit>("first-fit"));
  const bool is_built_in = allocator == "all" ||
                           std::ranges::find(kinds, allocator, &AllocatorKind::name) != kinds.end();
  if (is_built_in) return kinds;
  const auto table = load_allocator_table(allocator);
  if (!table) throw std::invalid_argument("--allocator: " + table.error());
  kinds.push_back(kind_of(*table));
  return kinds;
}

std::vector<Suite> allocator_suites(const std::string& allocator) {
  std::vector<Suite> suites;
  for (const AllocatorKind& kind : allocator_kinds(allocator)) {
    const bool is_file = kind.name == std::filesystem::path(allocator).filename();
    suites.push_back(suite_of_laws(kind, is_file ? allocator : kind.name));
  }
  return suites;
}

}  // namespace quire::props
