#include "impl/space/file_space.h"

#include <cerrno>
#include <new>

namespace quire::impl {

std::optional<std::uint64_t> FileSpace::device_block_of(std::uint64_t block) {
  const Lock lock(map_lock_);
  const BlockMap::Run run = map_.run_at(block, 1);
  return run.mapped ? std::optional(run.device_block) : std::nullopt;
}

FileSpace::Mapped FileSpace::map_or_allocate(
    std::uint64_t block, std::uint64_t most, std::size_t pieces) {
  const Lock lock(map_lock_);
  const BlockMap::Run run = map_.run_at(block, most);
  if (run.mapped) return {run.device_block, run.length, false, 0};
  try {
    map_.prepare(pieces + 1);
    const auto extent = space_.allocate(run.length, map_.goal(block), preallocation_);
    if (!extent) return {0, 0, true, -ENOSPC};
    map_.map(block, *extent);
    return {extent->start, extent->length, true, 0};
  } catch (const std::bad_alloc&) {
    return {0, 0, true, -ENOMEM};
  }
}

void FileSpace::unmap(std::uint64_t first, std::uint64_t end) {
  const Lock lock(map_lock_);
  map_.unmap(first, end, [&](const Extent& extent) { space_.free(extent); });
}

void FileSpace::unmap_and_reserve(std::uint64_t first, std::uint64_t end) {
  const Lock lock(map_lock_);
  map_.unmap(first, end, [&](const Extent& extent) { space_.free_and_reserve(extent); });
}

void FileSpace::trim() {
  const Lock lock(map_lock_);
  map_.trim();
}

void FileSpace::prepare_truncate() {
  const Lock lock(map_lock_);
  map_.prepare(1);
}

void FileSpace::truncate(std::uint64_t first) {
  const Lock lock(map_lock_);
  map_.unmap(first, ~std::uint64_t{0}, [&](const Extent& extent) { space_.free(extent); });
  map_.trim();
}

}  // namespace quire::impl
