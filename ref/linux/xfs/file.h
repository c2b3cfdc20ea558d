// A handle on a file of an XFS volume: the calls, answered as Linux answers them.
#pragma once

#include "ref/linux/xfs/node.h"
#include "ref/vfs/caller.h"
#include "ref/vfs/handle.h"

#include <sys/uio.h>

#include <cstdint>
#include <optional>

namespace quire::ref::xfs {

/// How a file is opened.
struct OpenOptions {
  bool append = false;            ///< O_APPEND
  bool dsync = false;             ///< O_DSYNC
  bool sync = false;              ///< O_SYNC
  vfs::Caller* caller = nullptr;  ///< the process; null: the volume's own, without limits
};

/// An open file with a position of its own, which starts at 0. All errors are negative errno; after
/// close() every call answers -EBADF. The volume must outlive its handles; one thread at a time
/// uses a volume and all of its handles.
class File {
 public:
  /// Writes the segments at byte `offset`, or at the position, which then moves, if it is -1.
  /// flags: those of ref/vfs/rw_flags.h.
  ///
  /// Returns the bytes written, else the checks' errors of the arguments (ref/vfs/transfer.h, then
  /// EINVAL for kAppend and kNoappend together), and then those of the write
  /// (ref/linux/xfs/file_write.h). If making the bytes synchronous fails, the answer is that error
  /// and the position stays, though they are in the file (SYN-1).
  std::int64_t pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Reads up to the file's size; the checks of the arguments, in the same order, are those of
  /// pwritev2(). EAGAIN: kNowait, and it would have to wait for the device, the IOLOCK or memory.
  /// EFAULT: the first byte cannot be stored; ENOMEM, EIO after a shutdown, or the device's. The
  /// other flags change nothing.
  std::int64_t preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Writes every dirty block to the device and flushes it. Returns 0 or an error of writeback,
  /// each once for a handle (ES-1).
  int fsync();
  /// The same: there is no log.
  int fdatasync() { return fsync(); }

  /// Writes every dirty block to the device, as a flusher does, and does not flush it: nothing is
  /// durable yet. Returns 0 or the first error of this pass, which fsync() reports, too.
  int write_back();

  /// Sets the size. EINVAL: length is negative (found before EBADF); ETXTBSY: it backs swap and
  /// would not grow; EFBIG past a limit of the caller; ENOSPC, EDQUOT, ENOMEM or the device's when
  /// an edge had to be zeroed.
  int ftruncate(std::int64_t length);

  /// ref/linux/xfs/fallocate.h.
  int fallocate(int mode, std::int64_t pos, std::int64_t length);

  /// Shares the blocks of [from_pos, from_pos + length) of `from` (FICLONERANGE); length 0: all up
  /// to its end. Both may be handles of one file. Returns 0, or in this order:
  ///   EBADF   either is closed, or this handle appends
  ///   EINVAL  a number is negative, or a range ends past 2^63 - 1
  ///   clone_range()'s (ref/linux/xfs/clone_range.h)
  int clone_range(File& from, std::int64_t from_pos, std::int64_t length, std::int64_t to_pos);

  /// Moves the position: `whence` is SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA or SEEK_HOLE
  /// (ref/linux/xfs/seek.h). Returns the new position, or in this order:
  ///   EBADF   closed
  ///   EINVAL  another whence, or a position that is negative or past 2^63 - 1
  ///   ENXIO   SEEK_DATA or SEEK_HOLE from the size on or from below 0, or no data follows
  std::int64_t lseek(std::int64_t offset, int whence);

  /// Bytes.
  std::int64_t size() const;
  std::int64_t position() const;

  /// Returns 0. The written bytes stay in the volume.
  int close();

  /// Drops every cached folio of the file that has no dirty block.
  void drop_cache();

  /// The device block that holds block `file_block` of the file; nothing for a hole, a delayed
  /// block, or a closed handle.
  std::optional<std::uint64_t> device_block_of(std::uint64_t file_block) const;

  /// For an audit: the errors of the file's writeback and of the volume's that it has seen.
  const ErrorCursor& errors_seen() const { return errors_; }
  const ErrorCursor& volume_errors_seen() const { return volume_errors_; }

 private:
  friend class Volume;

  File(Node& node, const OpenOptions& options, vfs::Caller& caller);

  vfs::MovedPointer<Node> node_;  ///< null when closed
  vfs::Handle handle_;
  OpenOptions options_;
  vfs::Caller* caller_;
  ErrorCursor errors_;         ///< the errors of the file's writeback that it has seen
  ErrorCursor volume_errors_;  ///< and of the volume's
};

}  // namespace quire::ref::xfs
