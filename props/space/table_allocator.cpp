#include "props/space/table_allocator.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

namespace quire::props {
namespace {

/// The first function that a table leaves out; null if it has them all.
const char* missing_function(const quire_allocator_functions& t) {
  if (t.make == nullptr) return "make";
  if (t.destroy == nullptr) return "destroy";
  if (t.reserve == nullptr) return "reserve";
  if (t.unreserve == nullptr) return "unreserve";
  if (t.allocate == nullptr) return "allocate";
  if (t.release == nullptr) return "release";
  if (t.blocks == nullptr) return "blocks";
  if (t.free_blocks == nullptr) return "free_blocks";
  if (t.reserved_blocks == nullptr) return "reserved_blocks";
  return nullptr;
}

}  // namespace

std::expected<const quire_allocator_functions*, std::string> load_allocator_table(
    const std::string& path) {
  // A path without a slash would be looked for in the system's libraries.
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return std::unexpected(fmt::format("{}: {}", path, error.message()));
  if (!std::filesystem::is_regular_file(absolute, error))
    return std::unexpected(
        path + ": not a file, nor a built-in allocator (bitmap, first-fit, all)");
  void* object = ::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (object == nullptr)
    return std::unexpected(fmt::format("{}: cannot be loaded: {}", path, ::dlerror()));
  const auto make_table =
      reinterpret_cast<decltype(&quire_allocator_table)>(::dlsym(object, "quire_allocator_table"));
  if (make_table == nullptr)
    return std::unexpected(
        path + ": defines no quire_allocator_table(); see quire/allocator_table.h");
  const quire_allocator_functions* table = make_table();
  if (table == nullptr) return std::unexpected(path + ": quire_allocator_table() gave no table");
  if (table->version != QUIRE_ALLOCATOR_TABLE_VERSION)
    return std::unexpected(fmt::format(
        "{}: its table has version {}, and this quire-check knows version {}", path, table->version,
        QUIRE_ALLOCATOR_TABLE_VERSION));
  if (const char* missing = missing_function(*table))
    return std::unexpected(fmt::format("{}: its table has no {}()", path, missing));
  return table;
}

TableAllocator::TableAllocator(std::uint64_t blocks)
    : table_(in_use_), self_(table_->make(blocks), table_->destroy) {
  if (self_ == nullptr) throw std::runtime_error(fmt::format("make({}) made no allocator", blocks));
}

std::optional<Extent> TableAllocator::allocate(std::uint64_t want, std::uint64_t goal) {
  Extent extent{0, 0};
  if (table_->allocate(self_.get(), want, goal, &extent.start, &extent.length) == 0) return {};
  return extent;
}

}  // namespace quire::props
