// The space manager of one volume: an allocator behind its lock, and the files' preallocations.
#pragma once

#include "impl/locks/locks.h"
#include "impl/space/preallocation.h"
#include "impl/space/space_allocator.h"

#include <quire/block_allocator.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace quire::impl {

/// The calls of quire::BlockAllocator, from any thread.
class Space {
 public:
  /// allocator: for so many blocks; not null. block_size: bytes.
  Space(std::unique_ptr<SpaceAllocator> allocator, std::uint64_t blocks, std::uint64_t block_size)
      : blocks_(blocks), allocator_(std::move(allocator)), preallocations_(blocks, block_size) {}

  [[nodiscard]] bool reserve(std::uint64_t n) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_->reserve(n);
  }
  void unreserve(std::uint64_t n) QUIRE_EXCLUDES(lock_) {
    if (n == 0) return;
    const Lock lock(lock_);
    allocator_->unreserve(n);
  }

  /// Turns 1 to `want` reserved blocks into one extent. It begins at `goal`, where the file's
  /// blocks end so far, if `own`, the file's preallocation, or a free run begins there; else where
  /// the allocator chooses, but not in the preallocation of another file while there is other space
  /// and the allocator honours goals. `own` then lies behind the extent. Empty if nothing is
  /// reserved, or an allocator of the program's failed. Throws std::bad_alloc, and then nothing has
  /// changed.
  std::optional<Extent> allocate(
      std::uint64_t want, std::optional<std::uint64_t> goal, Preallocation& own)
      QUIRE_EXCLUDES(lock_);

  void free(Extent extent) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    allocator_->release(extent);
  }
  /// Takes back an extent that was allocated and not used: its blocks are reserved again.
  void free_and_reserve(Extent extent) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    allocator_->release_and_reserve(extent);
  }

  /// Takes no lock: a forked child may ask, and the thread that held one is not in the child.
  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_->free_blocks();
  }
  std::uint64_t reserved_blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_->reserved_blocks();
  }

 private:
  friend struct Innards;

  bool keep_outside(Extent& extent, const Preallocation& own) QUIRE_REQUIRES(lock_);
  std::optional<std::uint64_t> free_block_outside(
      std::uint64_t from, const Preallocation& own) const QUIRE_REQUIRES(lock_);
  void note_placement(std::uint64_t want, const Extent& extent, const Preallocation& own) const
      QUIRE_REQUIRES(lock_);

  const std::uint64_t blocks_;
  QUIRE_LOCK(Mutex, SpaceLock) lock_;
  const std::unique_ptr<SpaceAllocator> allocator_ QUIRE_PT_GUARDED_BY(lock_);
  Preallocations preallocations_ QUIRE_GUARDED_BY(lock_);
};

}  // namespace quire::impl
