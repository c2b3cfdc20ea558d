// A file of XFS: two forks, two sizes, and its counts.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/linux/xfs/extent_list.h"
#include "ref/linux/xfs/mount.h"
#include "ref/noted_lock.h"

#include <array>
#include <cstdint>

namespace quire::ref::xfs {

/// The block map's lock of a file, held for a scope (Linux: ILOCK). Stated to the mount's recorder,
/// as every lock of a file is.
using Ilock = NotedLock<spec::BlockMapLock>;

/// The owners whose quota counts a file's blocks.
struct Owner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint32_t project = 0;
};

enum class Fork : std::uint8_t {
  data,  ///< the file's blocks
  cow,   ///< in memory only: blocks that will replace shared ones of the data fork
};

/// Between operations its forks, its counters and its quota records agree (ACC-1,
/// ref/linux/xfs/ledger.h). Counts are blocks.
class Inode : public iomap::File {
 public:
  /// An empty file. Requires a number that no file of the mount has.
  Inode(Mount& on, std::uint64_t file_number, Owner owned_by = {});

  /// Deletes the file and frees its blocks.
  ~Inode();
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;

  Mount& mount;
  const Owner owner;
  ExtentList data;
  ExtentList cow;
  std::uint64_t disk_size = 0;         ///< bytes; the size after a crash (Linux: i_disk_size)
  std::uint64_t extent_size_hint = 0;  ///< 0: none. With one, begin allocates at once
  std::uint64_t cow_size_hint = 0;     ///< 0: none
  std::uint64_t delayed_blocks = 0;    ///< delayed in the data fork, all of the CoW fork
  std::uint64_t real_blocks = 0;       ///< allocated, in the data fork
  bool is_reflink = false;             ///< it shares blocks, or did
  bool keeps_prealloc = false;         ///< fallocate()d or append-only: gc leaves its tail alone
  bool extents_are_read = true;        ///< false: NOWAIT answers EAGAIN (IOM-6)
  bool ilock_is_contended = false;     ///< another thread holds its ILOCK
  bool has_surplus_tail = false;       ///< may have blocks past its size (Linux: eofblocks tag)
  bool has_surplus_cow = false;        ///< may have unused blocks in its CoW fork (cowblocks tag)
  std::array<Dquot*, kQuotaTypes> dquots{};  ///< null until attach_dquots()

  ExtentList& fork(Fork which) { return which == Fork::data ? data : cow; }

  /// Whether overwriting may have to go to other blocks.
  bool is_cow() const { return is_reflink || mount.options.always_cow; }

  /// Blocks of the CoW fork that a write is widened to, on both sides (5.3).
  std::uint64_t cow_hint() const;

  /// Finds its quota records. Must be done before its ILOCK is taken: it may have to read them.
  void attach_dquots();
  bool has_dquots() const { return dquots[0] != nullptr; }

  /// Whether a nowait call can look up its extents: they are in core, and its ILOCK is free (IOM-6,
  /// 5.1 step 2).
  bool can_look_up_at_once() const { return extents_are_read && !ilock_is_contended; }

  /// The cookie of a valid mapping: the data fork's sequence, and the CoW fork's in the upper half
  /// for a mapping that is shared (5.1 step 8).
  std::uint64_t cookie(bool is_shared) const;
};

}  // namespace quire::ref::xfs
