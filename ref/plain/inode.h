// A file without its handles, and the part of a volume that its files share.
#pragma once

#include "ref/cache/address_space.h"
#include "ref/cache/folio_lock.h"
#include "ref/cache/mapping_errors.h"
#include "ref/device/device.h"
#include "ref/plain/block_map.h"
#include "ref/plain/first_fit.h"
#include "ref/throttle/dirty_throttle.h"
#include "ref/vfs/caller.h"
#include "spec/recorder.h"

#include <cstdint>
#include <memory_resource>

namespace quire::ref {

/// The part of a volume that all of its files share.
struct Superblock {
  Device& device;
  std::uint64_t block_size;  ///< bytes
  FirstFit space;
  std::pmr::memory_resource* memory;  ///< of the folios' bytes
  spec::Recorder* recorder;           ///< receives each step; may be null
  NotedErrSeq errors;                 ///< of writeback of any file
  DirtyThrottle* throttle = nullptr;  ///< null: no writer waits
  vfs::Caller caller{};               ///< the process that all handles work for
};

/// One file. Invariant between calls: each block that is dirty in `pages` and not in `blocks` holds
/// exactly one reservation of the volume's space, and nothing else does (DA-1); a cached block that
/// is uptodate is zero past `size`.
struct Inode {
  Inode(Superblock& superblock, std::uint64_t file_number)
      : volume(superblock),
        number(file_number),
        pages(superblock.block_size, superblock.memory),
        errors(superblock.errors, superblock.recorder, file_number) {}

  Superblock& volume;
  std::uint64_t number;
  std::uint64_t size = 0;  ///< bytes
  std::uint64_t iolock_holders = 0;
  AddressSpace pages;
  BlockMap blocks;
  MappingErrors errors;  ///< of writeback
  /// The device has not taken the block in which the file ends: past the end it may hold bytes that
  /// a truncate has cut off.
  bool stale_tail = false;
};

/// Whether a write into block i of the folio needs a block of space: it is neither mapped nor
/// reserved.
bool is_missing(const Inode& inode, const Folio& folio, std::size_t i);

/// Whether block i of the folio holds a reservation: dirty, and not mapped.
bool is_delayed(const Inode& inode, const Folio& folio, std::size_t i);

/// Counts a folio that turns dirty or clean in this scope, with all its pages (BDP-5).
class CountedFolio {
 public:
  CountedFolio(Inode& inode, const Folio& folio)
      : inode_(inode), folio_(folio), was_dirty_(folio.dirty()) {}
  ~CountedFolio();
  CountedFolio(const CountedFolio&) = delete;
  CountedFolio& operator=(const CountedFolio&) = delete;

 private:
  Inode& inode_;
  const Folio& folio_;
  bool was_dirty_;
};

/// ref/cache/folio_lock.h.
inline void lock_folio(Inode& inode, Folio& folio) {
  ref::lock_folio(inode.volume.recorder, folio);
}
inline void unlock_folio(Inode& inode, Folio& folio) {
  ref::unlock_folio(inode.volume.recorder, folio);
}

}  // namespace quire::ref
