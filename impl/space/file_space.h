// The space of one file: the mapping of its blocks to blocks of the device.
#pragma once

#include "impl/locks/locks.h"
#include "impl/space/block_map.h"
#include "impl/space/preallocation.h"
#include "impl/space/space.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace quire::impl {

/// Maps blocks of the file to blocks of the device, and takes them from the volume's space in two
/// steps: reserve() while a write may still fail, map_or_allocate() when writeback needs them. Any
/// thread may call.
///
/// All numbers are blocks. Nothing here says how the mappings are kept: a file whose blocks
/// somebody else maps, as those of an ordinary file, can stand behind the same functions.
class FileSpace {
 public:
  explicit FileSpace(Space& space) : space_(space) {}
  FileSpace(const FileSpace&) = delete;
  FileSpace& operator=(const FileSpace&) = delete;

  /// Blocks in a row, all mapped to device blocks in a row, or all holes.
  struct Run {
    bool mapped;
    std::uint64_t device_block;  ///< of the first, where mapped
    std::uint64_t length;        ///< at least 1
  };
  /// A run that is mapped.
  struct Mapped {
    std::uint64_t device_block;  ///< of the first
    std::uint64_t length;        ///< 0: see `error`
    bool newly_allocated;        ///< they were holes before
    int error;                   ///< 0, -ENOSPC or -ENOMEM
  };

  /// Held, it keeps the mappings as they are.
  using MapLock = Mutex<spec::BlockMapLock>;
  MapLock& mutex() QUIRE_RETURN_CAPABILITY(map_lock_) { return map_lock_; }

  /// The run that starts at `block`, at most `most` of it. most >= 1.
  Run run_at(std::uint64_t block, std::uint64_t most) const QUIRE_REQUIRES(map_lock_) {
    const BlockMap::Run run = map_.run_at(block, most);
    return {run.mapped, run.device_block, run.length};
  }
  /// How many of the blocks [first, end) are holes.
  std::uint64_t holes(std::uint64_t first, std::uint64_t end) const QUIRE_REQUIRES(map_lock_) {
    return map_.holes(first, end);
  }
  /// Device block of one block, where it has one.
  std::optional<std::uint64_t> device_block_of(std::uint64_t block) QUIRE_EXCLUDES(map_lock_);

  /// Reserves n blocks of the device: all, or none and false (ENOSPC).
  [[nodiscard]] bool reserve(std::uint64_t n) { return space_.reserve(n); }
  /// Releases n reserved blocks.
  void unreserve(std::uint64_t n) { space_.unreserve(n); }

  /// The run that starts at `block`, at most `most` of it, mapped. Holes get reserved blocks of the
  /// device. pieces: the mappings made since the last trim(), this one counted, that unmap() may
  /// have to undo: memory for that is taken here, so that unmap() cannot fail.
  Mapped map_or_allocate(std::uint64_t block, std::uint64_t most, std::size_t pieces)
      QUIRE_EXCLUDES(map_lock_);

  /// Makes the blocks [first, end) holes, and frees their device blocks. For adjacent ranges one
  /// after the other, memory for one piece is enough.
  void unmap(std::uint64_t first, std::uint64_t end) QUIRE_EXCLUDES(map_lock_);
  /// The same, but as many device blocks are reserved as are freed.
  void unmap_and_reserve(std::uint64_t first, std::uint64_t end) QUIRE_EXCLUDES(map_lock_);
  /// Releases the memory that map_or_allocate() took for unmap().
  void trim() QUIRE_EXCLUDES(map_lock_);

  /// Takes the memory that truncate() needs. Throws std::bad_alloc, and then nothing has changed.
  void prepare_truncate() QUIRE_EXCLUDES(map_lock_);
  /// Makes every block from `first` on a hole, and frees their device blocks. Requires
  /// prepare_truncate().
  void truncate(std::uint64_t first) QUIRE_EXCLUDES(map_lock_);

 private:
  friend struct Innards;

  Space& space_;
  QUIRE_LOCK(Mutex, BlockMapLock) map_lock_;
  BlockMap map_ QUIRE_GUARDED_BY(map_lock_);
  Preallocation preallocation_;  // guarded by the lock of space_
};

}  // namespace quire::impl
