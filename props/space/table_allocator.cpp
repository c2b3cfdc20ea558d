#include "props/space/table_allocator.h"

#include "props/plug_ins/shared_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

static_assert(kReleasesParts == QUIRE_ALLOCATOR_RELEASES_PARTS);
static_assert(kReleasesJoined == QUIRE_ALLOCATOR_RELEASES_JOINED);
static_assert(kHonoursGoal == QUIRE_ALLOCATOR_HONOURS_GOAL);
static_assert(kFindsRuns == QUIRE_ALLOCATOR_FINDS_RUNS);
static_assert(kAnySize == QUIRE_ALLOCATOR_ANY_SIZE);
static_assert(kMarksUsed == QUIRE_ALLOCATOR_MARKS_USED);
static_assert(kShares == QUIRE_ALLOCATOR_SHARES);
static_assert(kResizes == QUIRE_ALLOCATOR_RESIZES);
static_assert(kPersists == QUIRE_ALLOCATOR_PERSISTS);
constexpr std::uint32_t kKnownPowers = 2 * kPersists - 1;

/// The first function that every table needs and this one leaves out; null if it has them all.
const char* missing_function(const quire_allocator_functions& t) {
  if (t.make == nullptr) return "make";
  if (t.destroy == nullptr) return "destroy";
  if (t.reserve == nullptr) return "reserve";
  if (t.unreserve == nullptr) return "unreserve";
  if (t.release == nullptr) return "release";
  if (t.blocks == nullptr) return "blocks";
  if (t.free_blocks == nullptr) return "free_blocks";
  if (t.reserved_blocks == nullptr) return "reserved_blocks";
  return nullptr;
}

/// A power that needs a function which the table leaves out: the names of both.
std::pair<const char*, const char*> missing_of_power(const quire_allocator_functions& t) {
  constexpr quire_allocator_power_functions kNone{};
  const quire_allocator_power_functions& more = t.more != nullptr ? *t.more : kNone;
  const auto lacks = [&](std::uint32_t power, bool has) { return (t.powers & power) != 0 && !has; };
  if (lacks(kMarksUsed, more.mark_used != nullptr)) return {"MARKS_USED", "mark_used"};
  if (lacks(kShares, more.share != nullptr)) return {"SHARES", "share"};
  if (lacks(kShares, more.owners != nullptr)) return {"SHARES", "owners"};
  if (lacks(kResizes, more.resize != nullptr)) return {"RESIZES", "resize"};
  if (lacks(kPersists, more.save != nullptr)) return {"PERSISTS", "save"};
  if (lacks(kPersists, more.restore != nullptr)) return {"PERSISTS", "restore"};
  return {};
}

AllocatorTable from_version_1(const quire_allocator_functions_v1& t) {
  AllocatorTable table;
  quire_allocator_functions& f = table.functions;
  f.version = t.version;
  f.powers = kReleasesParts;
  f.make = t.make;
  f.destroy = t.destroy;
  f.reserve = t.reserve;
  f.unreserve = t.unreserve;
  f.release = t.release;
  f.blocks = t.blocks;
  f.free_blocks = t.free_blocks;
  f.reserved_blocks = t.reserved_blocks;
  table.allocate_v1 = t.allocate;
  return table;
}

class TableAllocator final : public AnyAllocator {
 public:
  TableAllocator(const AllocatorTable& table, std::uint64_t blocks)
      : table_(table), self_(nullptr, table_.functions.destroy) {
    self_.reset(call("make", table_.functions.make, blocks));
    if (self_ == nullptr)
      throw std::runtime_error(fmt::format(
          "{}: make({}) returned null; it must return an allocator", table_.file, blocks));
  }

  bool reserve(std::uint64_t n) override {
    return call("reserve", table_.functions.reserve, self_.get(), n) != 0;
  }
  void unreserve(std::uint64_t n) override {
    call("unreserve", table_.functions.unreserve, self_.get(), n);
  }
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) override {
    if (table_.allocate_v1 != nullptr) return allocate_by_version_1(request, extents.front());
    const quire_allocation_request asked{
        request.want, request.goal, request.minimum, request.alignment};
    // The places behind those it gets show what is stored there.
    const quire_extent untouched{~std::uint64_t{0}, ~std::uint64_t{0}};
    std::vector<quire_extent> stored(extents.size() + kPlacesBehind, untouched);
    const std::size_t n = call(
        "allocate", table_.functions.allocate, self_.get(), &asked, stored.data(), extents.size());
    for (std::size_t i = 0; i < std::min(n, extents.size()); ++i)
      extents[i] = {stored[i].start, stored[i].length};
    const auto behind = std::span(stored).subspan(extents.size());
    const bool is_inside = std::ranges::all_of(behind, [&](const quire_extent& e) {
      return e.start == untouched.start && e.length == untouched.length;
    });
    return is_inside ? n : std::max(n, extents.size() + 1);
  }
  void release(Extent extent) override {
    call("release", table_.functions.release, self_.get(), extent.start, extent.length);
  }
  std::uint64_t blocks() const override {
    return call("blocks", table_.functions.blocks, self_.get());
  }
  std::uint64_t free_blocks() const override {
    return call("free_blocks", table_.functions.free_blocks, self_.get());
  }
  std::uint64_t reserved_blocks() const override {
    return call("reserved_blocks", table_.functions.reserved_blocks, self_.get());
  }

  bool mark_used(Extent e) override {
    return call("mark_used", table_.functions.more->mark_used, self_.get(), e.start, e.length) != 0;
  }
  bool share(Extent e) override {
    return call("share", table_.functions.more->share, self_.get(), e.start, e.length) != 0;
  }
  std::uint64_t owners(std::uint64_t block) const override {
    return call("owners", table_.functions.more->owners, self_.get(), block);
  }
  bool resize(std::uint64_t n) override {
    return call("resize", table_.functions.more->resize, self_.get(), n) != 0;
  }
  std::size_t save(std::span<std::byte> image) const override {
    return call("save", table_.functions.more->save, self_.get(), image.data(), image.size());
  }
  bool restore(std::span<const std::byte> image) override {
    return call(
               "restore", table_.functions.more->restore, self_.get(), image.data(),
               image.size()) != 0;
  }

 private:
  static constexpr std::size_t kPlacesBehind = 16;

  /// Version 1 has no minimum and no alignment: it grants nothing that asks for them.
  std::size_t allocate_by_version_1(const AllocationRequest& request, Extent& extent) {
    if (request.minimum != 1 || request.alignment != 1) return 0;
    return call(
               "allocate", table_.allocate_v1, self_.get(), request.want, request.goal,
               &extent.start, &extent.length) != 0
               ? 1
               : 0;
  }

  template <class Function, class... Arguments>
  std::invoke_result_t<Function, Arguments...> call(
      const char* name, Function function, Arguments... arguments) const {
    const auto threw = [&](const std::string& what) {
      return std::runtime_error(
          fmt::format("{}: {}() threw {}; it must not throw", table_.file, name, what));
    };
    try {
      return function(arguments...);
    } catch (const std::exception& e) {
      throw threw(e.what());
    } catch (...) {
      throw threw("no std::exception");
    }
  }

  const AllocatorTable table_;
  std::unique_ptr<void, void (*)(void*)> self_;
};

}  // namespace

std::expected<AllocatorTable, std::string> read_allocator_table(const void* given) {
  // Each version begins with its number.
  const std::uint32_t version = *static_cast<const std::uint32_t*>(given);
  AllocatorTable table;
  if (version == 1) {
    table = from_version_1(*static_cast<const quire_allocator_functions_v1*>(given));
  } else if (version == QUIRE_ALLOCATOR_TABLE_VERSION) {
    table.functions = *static_cast<const quire_allocator_functions*>(given);
  } else {
    return std::unexpected(fmt::format(
        "its table has version {}, and this quire-check knows versions 1 and {}", version,
        QUIRE_ALLOCATOR_TABLE_VERSION));
  }
  const char* missing = missing_function(table.functions);
  if (table.functions.allocate == nullptr && table.allocate_v1 == nullptr) missing = "allocate";
  if (missing != nullptr)
    return std::unexpected(fmt::format("its table has no {}(), which must not be null", missing));
  if (const std::uint32_t unknown = table.functions.powers & ~kKnownPowers; unknown != 0)
    return std::unexpected(fmt::format(
        "its table declares the power 0x{:x}, which this quire-check does not know", unknown));
  if (const auto [power, function] = missing_of_power(table.functions); power != nullptr)
    return std::unexpected(fmt::format(
        "its table declares QUIRE_ALLOCATOR_{} and has no {}(), which must then not be null", power,
        function));
  return table;
}

std::expected<AllocatorTable, std::string> load_allocator_table(const std::string& path) {
  const auto given = call_entry<decltype(&quire_allocator_table)>(
      path, {"quire_allocator_table", "quire/allocator_table.h", "a table",
             ", nor a built-in allocator (bitmap, extent, buddy, first-fit, all)"});
  if (!given) return std::unexpected(given.error());
  auto table = read_allocator_table(*given);
  if (!table) return std::unexpected(path + ": " + table.error());
  table->file = path;
  return table;
}

AllocatorKind kind_of(const AllocatorTable& table) {
  return {
      std::filesystem::path(table.file).filename().string(), table.functions.powers,
      [table](std::uint64_t blocks) { return std::make_unique<TableAllocator>(table, blocks); }};
}

}  // namespace quire::props
