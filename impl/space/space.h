// The space manager of one volume: an allocator behind its lock, and the files' preallocations.
#pragma once

#include "impl/locks/locks.h"
#include "impl/space/bitmap_allocator.h"
#include "impl/space/preallocation.h"

#include <quire/block_allocator.h>

#include <cstdint>
#include <optional>

namespace quire::impl {

/// The calls of quire::BlockAllocator, from any thread.
class Space {
 public:
  /// block_size: bytes. Needs little memory, however many blocks there are.
  Space(std::uint64_t blocks, std::uint64_t block_size)
      : blocks_(blocks), allocator_(blocks), preallocations_(blocks, block_size) {}

  [[nodiscard]] bool reserve(std::uint64_t n) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.reserve(n);
  }
  void unreserve(std::uint64_t n) QUIRE_EXCLUDES(lock_) {
    if (n == 0) return;
    const Lock lock(lock_);
    allocator_.unreserve(n);
  }

  /// Turns 1 to `want` reserved blocks into one extent. It begins at `goal`, where the file's
  /// blocks end so far, if `own`, the file's preallocation, or a free run begins there; else
  /// elsewhere, but not in the preallocation of another file while there is other space. `own` then
  /// lies behind the extent. Empty if nothing is reserved. Throws std::bad_alloc, and then nothing
  /// has changed.
  std::optional<Extent> allocate(
      std::uint64_t want, std::optional<std::uint64_t> goal, Preallocation& own)
      QUIRE_EXCLUDES(lock_);

  void free(Extent extent) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    allocator_.release(extent);
  }
  /// Takes back an extent that was allocated and not used: its blocks are reserved again.
  void free_and_reserve(Extent extent) QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    take_back(extent);
  }

  /// Takes no lock: a forked child may ask, and the thread that held one is not in the child.
  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.free_blocks();
  }
  std::uint64_t reserved_blocks() QUIRE_EXCLUDES(lock_) {
    const Lock lock(lock_);
    return allocator_.reserved_blocks();
  }

 private:
  friend struct Innards;

  std::optional<Extent> allocate_one(std::uint64_t want, std::uint64_t goal) QUIRE_REQUIRES(lock_) {
    Extent extent;
    if (allocator_.allocate({.want = want, .goal = goal}, {&extent, 1}) == 0) return std::nullopt;
    return extent;
  }
  void take_back(Extent extent) QUIRE_REQUIRES(lock_) {
    allocator_.release(extent);
    // The blocks just freed are there to be reserved.
    [[maybe_unused]] const bool reserved = allocator_.reserve(extent.length);
  }
  /// The same, except for the first `kept` blocks. Returns these.
  Extent keep_first(Extent extent, std::uint64_t kept) QUIRE_REQUIRES(lock_) {
    take_back({extent.start + kept, extent.length - kept});
    return {extent.start, kept};
  }

  void note_placement(std::uint64_t want, const Extent& extent, const Preallocation& own) const
      QUIRE_REQUIRES(lock_);

  const std::uint64_t blocks_;
  QUIRE_LOCK(Mutex, SpaceLock) lock_;
  BitmapAllocator allocator_ QUIRE_GUARDED_BY(lock_);
  Preallocations preallocations_ QUIRE_GUARDED_BY(lock_);
};

}  // namespace quire::impl
