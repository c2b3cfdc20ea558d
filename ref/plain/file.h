// A handle on a file of a volume: the calls, answered as Linux answers them.
#pragma once

#include "ref/plain/inode.h"
#include "ref/vfs/handle.h"

#include <sys/uio.h>

#include <cstdint>
#include <optional>

namespace quire::ref {

/// An open file with a position of its own, which starts at 0. All errors are negative errno; after
/// close() every call answers -EBADF. The volume must outlive its handles; one thread at a time
/// uses a volume and all of its handles.
class File {
 public:
  /// Writes the segments at byte `offset`, or at the position, which then moves, if it is -1. A
  /// handle that appends, or kAppend among the flags (ref/vfs/rw_flags.h), writes at the end
  /// instead; the position moves there only where the offset is -1.
  ///
  /// Returns the bytes written, which are fewer than asked when space, readable memory or the limit
  /// on sizes (Volume::caller()) ran out behind them, else in this order (pwritev2(2), Linux 6.18):
  ///   EINVAL  offset < -1
  ///   EBADF   closed
  ///   EINVAL  iovcnt negative or above 1024
  ///   EFAULT  the array of segments cannot be read
  ///   EINVAL  a segment longer than SSIZE_MAX
  ///   0       no segments, or no bytes in them (the position stays)
  ///   EINVAL  the write would end past 2^63 - 1
  ///   EOPNOTSUPP  an unknown flag
  ///   EINVAL  kAppend and kNoappend together
  ///   EFBIG   the write would start at the limit or past it
  ///   EAGAIN  kNowait, and the first page would have to be read from the device
  ///   EFAULT  the first byte cannot be read
  ///   ENOSPC  the volume has too few blocks for the first page of the write
  ///   ENOMEM, or the device's error when the first page had to be read
  ///   the error of fsync(), with kDsync or kSync: the bytes are in the cache, the position stays
  std::int64_t pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Reads up to the file's size; the checks of the arguments, in the same order, are those of
  /// pwritev2(). EFAULT: the first byte cannot be stored. EAGAIN: kNowait, and the first page would
  /// have to be read from the device. The other flags change nothing.
  std::int64_t preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Writes every dirty block to the device and flushes it. Returns 0 or an error: the first of
  /// this writeback, else the last that any writeback of the file recorded since this handle was
  /// opened or last reported one. Each handle reports an error once (ES-1, ES-2), and blocks that
  /// failed are not written again. A handle opened after an error that no handle has reported
  /// reports it, too (ES-3).
  int fsync();
  /// The same: sizes and block maps live in memory.
  int fdatasync() { return fsync(); }

  /// Writes every dirty block to the device, as a flusher does, and does not flush it: nothing is
  /// durable yet. Returns 0 or the first error of this pass, which fsync() reports, too.
  int write_back();

  /// Sets the size. EINVAL: length is negative (found before EBADF, as in ftruncate(2)); EFBIG: it
  /// grows past the caller's limit (Volume::caller()); ENOMEM or the device's error, with nothing
  /// changed, when the last block had to be read.
  int ftruncate(std::int64_t length);

  /// Allocates, frees or moves the blocks of [offset, offset + length), as fallocate(2) does; the
  /// modes are those of ref/plain/fallocate.h. Returns 0, or in this order:
  ///   EBADF   closed
  ///   EINVAL  offset negative, or length not positive
  ///   EOPNOTSUPP  another mode
  ///   EFBIG   the range ends past 2^63 - 1
  ///   the mode's (ref/plain/fallocate.h)
  int fallocate(int mode, std::int64_t offset, std::int64_t length);

  /// Makes the bytes from `to` on of this file read as the `length` bytes from `from` on of
  /// `source` do (FICLONERANGE, ioctl_ficlonerange(2)); length 0: all up to the end of source. Both
  /// may be handles of one file. It is a copy: no space is shared. Returns 0, or in this order:
  ///   EBADF   either is closed, or this handle appends
  ///   EINVAL  a number is negative, or a range ends past 2^63 - 1
  ///   clone_range()'s (ref/plain/clone.h)
  int clone_range(const File& source, std::int64_t from, std::int64_t length, std::int64_t to);

  /// Moves the position: `whence` is SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA or SEEK_HOLE
  /// (lseek(2)). A block is data when it was written, in the cache or on the device; all else is a
  /// hole, and one lies at the end. Returns the new position, or in this order:
  ///   EBADF   closed
  ///   EINVAL  another whence, or a position that is negative or past 2^63 - 1
  ///   ENXIO   SEEK_DATA or SEEK_HOLE from the size on (or from below 0), or no data follows
  std::int64_t lseek(std::int64_t offset, int whence);

  /// Bytes.
  std::int64_t size() const;
  std::int64_t position() const;

  /// Returns 0. The written bytes stay in the volume.
  int close();

  /// Drops every cached folio of the file that has no dirty block.
  void drop_cache();

  /// The device block that holds block `file_block` of the file; nothing for a hole, an unwritten
  /// or a delayed block, or a closed handle.
  std::optional<std::uint64_t> device_block_of(std::uint64_t file_block) const;

  /// For an audit: the errors of the file's writeback and of the volume's that it has seen.
  const ErrorCursor& errors_seen() const { return errors_; }
  const ErrorCursor& volume_errors_seen() const { return volume_errors_; }

 private:
  friend class Volume;

  File(Inode& inode, const vfs::Handle& handle)
      : inode_(&inode),
        handle_(handle),
        errors_(inode.errors.open()),
        volume_errors_(inode.volume.errors.open()) {}

  vfs::MovedPointer<Inode> inode_;  ///< null when closed
  vfs::Handle handle_;
  ErrorCursor errors_;         ///< the errors of the file's writeback that it has seen
  ErrorCursor volume_errors_;  ///< and of the volume's
};

}  // namespace quire::ref
