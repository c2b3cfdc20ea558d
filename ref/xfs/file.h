// A handle on a file of an XFS volume: the calls, answered as Linux answers them.
#pragma once

#include "ref/vfs/caller.h"
#include "ref/xfs/node.h"

#include <sys/uio.h>

#include <cstdint>
#include <optional>

namespace quire::ref::xfs {

/// How a file is opened.
struct OpenOptions {
  bool append = false;            ///< O_APPEND
  bool dsync = false;             ///< O_DSYNC
  bool sync = false;              ///< O_SYNC
  vfs::Caller* caller = nullptr;  ///< who calls; null: the volume's own, who may do everything
};

/// An open file with a position of its own, which starts at 0. All errors are negative errno; after
/// close() every call answers -EBADF. The volume must outlive its handles; one thread at a time
/// uses a volume and all of its handles.
class File {
 public:
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File() { close(); }

  /// Writes the segments at byte `offset`, or at the position, which then moves, if it is -1.
  /// flags: RWF_APPEND, RWF_NOWAIT, RWF_DSYNC, RWF_SYNC.
  ///
  /// Returns the bytes written, else the checks' errors of the arguments (ref/vfs/transfer.h) and
  /// then those of the write (ref/xfs/file_write.h). If making the bytes synchronous fails, the
  /// answer is that error and the position stays, though they are in the file (SYN-1).
  std::int64_t pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Reads up to the file's size; the checks are those of pwritev2(), no flag is known. EFAULT: the
  /// first byte cannot be stored; ENOMEM, or the device's.
  std::int64_t preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Brings every dirty block to the device and flushes it. Returns 0, or once to each handle an
  /// error of writeback (ES-1).
  int fsync();

  /// Sets the size. EINVAL: length is negative (found before EBADF); EFBIG past a limit of the
  /// caller; ENOSPC, EDQUOT, ENOMEM or the device's when an edge had to be zeroed.
  int ftruncate(std::int64_t length);

  /// ref/xfs/fallocate.h.
  int fallocate(int mode, std::int64_t pos, std::int64_t length);

  /// Shares the blocks of [from_pos, from_pos + length) of `from`; ref/xfs/clone_range.h.
  int clone_range(File& from, std::uint64_t from_pos, std::uint64_t length, std::uint64_t to_pos);

  /// ref/xfs/seek.h; the position stays.
  std::int64_t seek_data(std::int64_t pos);
  std::int64_t seek_hole(std::int64_t pos);

  /// Bytes.
  std::int64_t size() const;
  std::int64_t position() const;

  /// 0. What was written stays in the volume.
  int close();

  /// Drops every cached folio of the file that has no dirty block.
  void drop_cache();

  /// The device block that holds block `file_block` of the file; nothing for a hole, for a block
  /// that waits in the cache, or when closed.
  std::optional<std::uint64_t> map(std::uint64_t file_block) const;

 private:
  friend class Volume;

  File(Node& node, const OpenOptions& options, vfs::Caller& caller);

  Node* node_;  ///< null when closed
  OpenOptions options_;
  vfs::Caller* caller_;
  ErrorCursor errors_;
  std::int64_t position_ = 0;
};

}  // namespace quire::ref::xfs
