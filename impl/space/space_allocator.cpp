#include "impl/space/space_allocator.h"

#include "impl/error_about.h"
#include "impl/process/no_cancel.h"
#include "impl/space/bitmap_allocator.h"
#include "impl/space/buddy_allocator.h"
#include "impl/space/checked_allocator.h"
#include "impl/space/extent_allocator.h"
#include "impl/space/own_allocator.h"

#include <cerrno>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace quire::impl {
namespace {

/// The first function that a table leaves out; empty if it has them all.
std::string_view missing_function(const quire_allocator_functions& table) {
  const std::pair<bool, std::string_view> functions[] = {
      {table.make != nullptr, "make"},
      {table.destroy != nullptr, "destroy"},
      {table.reserve != nullptr, "reserve"},
      {table.unreserve != nullptr, "unreserve"},
      {table.allocate != nullptr, "allocate"},
      {table.release != nullptr, "release"},
      {table.blocks != nullptr, "blocks"},
      {table.free_blocks != nullptr, "free_blocks"},
      {table.reserved_blocks != nullptr, "reserved_blocks"}};
  for (const auto& [is_there, name] : functions)
    if (!is_there) return name;
  return {};
}

/// Why a volume cannot use the table; empty if it can.
std::string objection(const quire_allocator_functions* table) {
  if (table == nullptr) return "the table is null";
  if (table->version != QUIRE_ALLOCATOR_TABLE_VERSION) {
    return "the table has version " + std::to_string(table->version) + ", and a volume takes " +
           std::to_string(QUIRE_ALLOCATOR_TABLE_VERSION);
  }
  if (const auto missing = missing_function(*table); !missing.empty())
    return "the table has no " + std::string(missing) + "()";
  for (const auto& [power, name] :
       {std::pair(QUIRE_ALLOCATOR_RELEASES_PARTS, "QUIRE_ALLOCATOR_RELEASES_PARTS"),
        std::pair(QUIRE_ALLOCATOR_RELEASES_JOINED, "QUIRE_ALLOCATOR_RELEASES_JOINED")}) {
    if ((table->powers & power) == 0)
      return "the table does not declare " + std::string(name) + ", which a volume needs";
  }
  return {};
}

Result<std::unique_ptr<SpaceAllocator>> error(int code, std::string_view cause) {
  return std::unexpected(error_about("allocator", code, cause));
}

Result<std::unique_ptr<SpaceAllocator>> make_from_table(
    const quire_allocator_functions* table, std::uint64_t blocks) {
  if (const std::string cause = objection(table); !cause.empty()) return error(EINVAL, cause);
  const NoCancel no_cancel;  // a cancellation unwinds as an exception that must not be caught
  try {
    void* const self = table->make(blocks);
    if (self == nullptr) return error(ENOMEM, "make() returned null");
    struct Destroy {
      const quire_allocator_functions& table;
      void operator()(void* made) const noexcept {
        try {
          table.destroy(made);
        } catch (...) {
        }
      }
    };
    std::unique_ptr<void, Destroy> made(self, {*table});
    const std::uint64_t all = table->blocks(self), free = table->free_blocks(self);
    if (all != blocks || free != blocks || table->reserved_blocks(self) != 0) {
      return error(
          EINVAL, "new, it says it has " + std::to_string(free) + " of " + std::to_string(all) +
                      " blocks free; the device has " + std::to_string(blocks));
    }
    std::unique_ptr<SpaceAllocator> checked =
        std::make_unique<CheckedAllocator>(*table, self, blocks);
    (void)made.release();
    return checked;
  } catch (const std::bad_alloc&) {
    return error(ENOMEM, "no memory");
  } catch (...) {
    return error(EIO, "it threw an exception");
  }
}

}  // namespace

Result<std::unique_ptr<SpaceAllocator>> make_allocator(
    const VolumeAllocator& choice, std::uint64_t blocks) {
  try {
    switch (choice.kind()) {
      case VolumeAllocator::Kind::bitmap:
        return std::make_unique<OwnAllocator<BitmapAllocator>>(blocks);
      case VolumeAllocator::Kind::extent:
        return std::make_unique<OwnAllocator<ExtentAllocator>>(blocks);
      case VolumeAllocator::Kind::buddy:
        return std::make_unique<OwnAllocator<BuddyAllocator>>(blocks);
      case VolumeAllocator::Kind::table: break;
    }
  } catch (const std::bad_alloc&) {
    return error(ENOMEM, "no memory");
  }
  return make_from_table(choice.table(), blocks);
}

}  // namespace quire::impl
