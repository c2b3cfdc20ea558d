// A file to the VFS: XFS's inode, with the state that handles and checks need.
#pragma once

#include "ref/cache/mapping_errors.h"
#include "ref/linux/xfs/inode.h"
#include "ref/linux/xfs/mount.h"
#include "ref/vfs/modified.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Counts over all files of a volume.
struct Statistics {
  std::uint64_t write_bytes = 0;  ///< accepted by writes
  std::uint64_t flushes = 0;      ///< of all dirty files, by writes that found the volume full
  std::uint64_t scans = 0;        ///< for space, by such writes
};

/// One file, for as long as its volume lives.
struct Node {
  Node(
      Mount& mount, std::uint64_t number, Owner owned_by, NotedErrSeq& volume_errors,
      Statistics& counts)
      : inode(mount, number, owned_by),
        errors(volume_errors, &mount.recorder, number),
        errors_of_volume(volume_errors),
        statistics(counts) {
    inode.record_error = [this](int error) { errors.set(error); };
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Inode inode;
  MappingErrors errors;
  NotedErrSeq& errors_of_volume;
  Statistics& statistics;
  vfs::Attributes attributes{};
  bool is_swapfile = false;
  bool is_sync = false;           ///< every write is O_DSYNC (Linux: IS_SYNC)
  bool layout_is_leased = false;  ///< another user has a lease on the layout of its blocks
};

/// Bytes; no file of XFS is larger.
inline constexpr std::uint64_t kSizeMax = spec::kFileSizeMax;

}  // namespace quire::ref::xfs
