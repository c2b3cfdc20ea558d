// An F2FS file without its handles, and the part of a volume that its files share.
#pragma once

#include "ref/cache/address_space.h"
#include "ref/cache/folio_lock.h"
#include "ref/cache/mapping_errors.h"
#include "ref/device/device.h"
#include "ref/linux/f2fs/main_area.h"
#include "ref/linux/f2fs/node.h"
#include "ref/vfs/caller.h"
#include "spec/recorder.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>

namespace quire::ref::f2fs {

struct Inode;

/// The blocks of one owner, over all files.
struct Quota {
  std::uint64_t used = 0;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

/// The part of a volume that all of its files share. Counts are blocks.
struct Superblock {
  Superblock(
      Device& on, std::uint64_t main_blocks, std::pmr::memory_resource* from,
      spec::Recorder* recorder_or_null, Address first_block = 1)
      : device(on),
        area(main_blocks, first_block),
        memory(from),
        recorder(recorder_or_null),
        errors(recorder_or_null, kVolumeErrors) {}

  Device& device;
  MainArea area;
  std::pmr::memory_resource* memory;  ///< of folios and of address tables
  spec::Recorder* recorder;           ///< may be null
  NotedErrSeq errors;                 ///< of writeback of any file
  vfs::Caller caller{};               ///< the process that all handles work for

  std::uint64_t user_blocks = 0;          ///< the most that may be valid; the rest lets blocks move
  std::uint64_t valid = 0;                ///< addresses that are not NULL, and node blocks (F2-4)
  std::uint64_t inode_addresses = 0;      ///< addresses in the inode's own node block
  std::uint64_t dnode_addresses = 0;      ///< addresses in each further one
  std::map<std::uint64_t, Quota> quotas;  ///< by owner

  bool cp_error = false;               ///< a checkpoint failed: nothing is written from then on
  bool cp_disabled = false;            ///< no checkpoint is made, so that no block becomes free
  std::uint64_t checkpoints = 0;       ///< made so far
  std::uint64_t op_holders = 0;        ///< operations that hold the op lock
  std::map<std::uint64_t, Node> kept;  ///< the last checkpoint: the nodes of each file
  std::function<void()> balanced;  ///< other threads, while a writer waits for free space; or empty

  std::map<std::uint64_t, std::unique_ptr<Inode>> inodes;
};

/// One file. Invariants between calls: a dirty page has an address that is not NULL, or belongs to
/// inline data; a cached page that is uptodate is zero past the size, but for bytes that were
/// stored there through a mapping; a cluster that is stored compressed lies below the end of the
/// page that holds the last byte.
struct Inode {
  Inode(Superblock& superblock, std::uint64_t file_number, std::uint64_t owning)
      : volume(superblock),
        number(file_number),
        owner(owning),
        node(superblock.memory),
        pages(kBlockSize, superblock.memory),
        errors(superblock.errors, superblock.recorder, file_number) {}

  bool is_atomic() const { return cow != nullptr; }

  Superblock& volume;
  std::uint64_t number;
  std::uint64_t owner;
  Node node;
  AddressSpace pages;
  MappingErrors errors;  ///< of writeback
  std::uint64_t iolock_holders = 0;
  std::unique_ptr<Inode> cow;       ///< holds the blocks of an atomic write until it is committed
  std::uint64_t original_size = 0;  ///< of an atomic file: bytes, at its start
  std::uint64_t atomic_writes = 0;  ///< blocks reserved for it since
  int atomic_error = 0;  ///< 0, or why a block of the atomic write did not reach the device
  bool preallocated_all = false;  ///< every whole page of the running write has an address
  bool is_contended = false;      ///< another thread holds the IOLOCK
};

/// ref/cache/folio_lock.h.
inline void lock_folio(Inode& inode, Folio& folio) {
  ref::lock_folio(inode.volume.recorder, folio);
}
inline void unlock_folio(Inode& inode, Folio& folio) {
  ref::unlock_folio(inode.volume.recorder, folio);
}

/// Keeps checkpoints out for a scope.
class OpLocked {
 public:
  explicit OpLocked(Superblock& volume);
  ~OpLocked();
  OpLocked(const OpLocked&) = delete;
  OpLocked& operator=(const OpLocked&) = delete;

 private:
  Superblock& volume_;
};

}  // namespace quire::ref::f2fs
