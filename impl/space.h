// The space manager of one volume: an allocator behind its lock.
#pragma once

#include "impl/locks.h"
#include "impl/space/bitmap_allocator.h"

#include <quire/block_allocator.h>

#include <cstdint>
#include <optional>

namespace quire::impl {

/// The calls of quire::BlockAllocator, from any thread.
class Space {
 public:
  explicit Space(std::uint64_t blocks) : allocator_(blocks) {}

  [[nodiscard]] bool reserve(std::uint64_t n) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.reserve(n);
  }
  void unreserve(std::uint64_t n) QUIRE_EXCLUDES(lock_) {
    if (n == 0) return;
    const Lock lock(lock_);
    allocator_.unreserve(n);
  }
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.allocate(want, goal);
  }
  void free(Extent extent) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    allocator_.free(extent);
  }
  std::uint64_t blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.blocks();
  }
  std::uint64_t free_blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.free_blocks();
  }
  std::uint64_t reserved_blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.reserved_blocks();
  }

 private:
  QUIRE_LOCK(Mutex, SpaceLock) lock_;
  BitmapAllocator allocator_ QUIRE_GUARDED_BY(lock_);
};

}  // namespace quire::impl
