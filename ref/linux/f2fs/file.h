// A handle on a file of an F2FS volume: the calls, answered as Linux answers them.
#pragma once

#include "ref/cache/mapping_errors.h"
#include "ref/linux/f2fs/inode.h"
#include "ref/vfs/handle.h"

#include <sys/uio.h>

#include <cstdint>
#include <optional>

namespace quire::ref::f2fs {

/// An open file with a position of its own, which starts at 0. All errors are negative errno; after
/// close() every call answers -EBADF. The volume must outlive its handles; one thread at a time
/// uses a volume and all of its handles.
class File {
 public:
  /// Writes the segments at byte `offset`, or at the position, which then moves, if it is -1. A
  /// handle that appends, or kAppend among the flags (ref/vfs/rw_flags.h), writes at the end
  /// instead; the position moves there only where the offset is -1.
  ///
  /// Returns the bytes written, fewer than asked when space, readable memory or the limit on sizes
  /// (Volume::caller()) ran out behind them, else in this order (pwritev2(2), Linux 6.18):
  ///   EINVAL, EBADF, EINVAL, EFAULT, EINVAL, 0, EINVAL, EOPNOTSUPP, EINVAL  as in ref/plain/file.h
  ///   file_write()'s (ref/linux/f2fs/file_write.h)
  ///   fsync()'s, with kDsync or kSync: the bytes are in the cache, the position stays (SYN-1)
  std::int64_t pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Reads up to the file's size; the checks of the arguments, in the same order, are those of
  /// pwritev2(). EFAULT: the first byte cannot be stored. EAGAIN: kNowait, and the first page would
  /// have to be read from the device. The other flags change nothing.
  std::int64_t preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Writes every dirty page to the device, flushes it and makes a checkpoint (none while
  /// checkpoints are disabled). Returns 0 or an error: EIO when a checkpoint failed before; the
  /// first of this writeback, else the last that any writeback of the file recorded since this
  /// handle was opened or last reported one (ES-1, ES-2, ES-3).
  int fsync();
  /// The same: a checkpoint keeps everything.
  int fdatasync() { return fsync(); }

  /// Writes every dirty page to the device, as a flusher does, without a flush or a checkpoint:
  /// nothing is durable yet. Returns 0 or the first error of this pass, which fsync() reports, too.
  int write_back();

  /// Sets the size. EINVAL: length is negative, or the file is atomic, or was released and length
  /// is inside a cluster. EIO, EPERM: as for a write. EFBIG: it grows past the caller's limit
  /// (Volume::caller()). Else truncate()'s (ref/linux/f2fs/truncate.h).
  int ftruncate(std::int64_t length);

  /// Moves the position; returns it, or EBADF, or the errors of vfs::lseek() (ref/vfs/seek.h).
  /// ref/linux/f2fs/seek.h defines data.
  std::int64_t lseek(std::int64_t offset, int whence);

  /// Bytes.
  std::int64_t size() const;
  std::int64_t position() const;

  /// Returns 0. The written bytes stay in the volume, those of an atomic write uncommitted.
  int close();

  /// Drops every cached folio of the file that is clean.
  void drop_cache();

  /// The main area's block that holds page `index` of the file; nothing for a hole, for a page that
  /// is not yet written back, for inline or compressed data, or a closed handle.
  std::optional<std::uint64_t> device_block_of(std::uint64_t index) const;

  /// ref/linux/f2fs/atomic_file.h; EIO (negative) when a checkpoint failed before.
  int start_atomic_write();
  int commit_atomic_write();
  int abort_atomic_write();

  /// ref/linux/f2fs/cluster.h; EIO (negative) when a checkpoint failed before.
  std::int64_t release_compress_blocks();
  std::int64_t reserve_compress_blocks();

  /// A pinned file's blocks never move, and it accepts writes over existing blocks only. EINVAL:
  /// the file is compressed or atomic. Inline data becomes a block, whose errors it answers.
  int set_pinned(bool pinned);
  int set_immutable(bool immutable);

  /// Simulates another thread that holds the file's IOLOCK: only a nowait call notices.
  int set_contended(bool contended);

  bool is_inline() const { return inode_ != nullptr && inode_->node.is_inline; }
  /// Blocks that the file counts (i_blocks), without its own node.
  std::uint64_t blocks() const { return inode_ == nullptr ? 0 : inode_->node.blocks; }
  /// Whether the cluster that holds page `index` is stored compressed.
  bool is_stored_compressed(std::uint64_t index) const;
  /// Blocks reserved by the running atomic write.
  std::uint64_t atomic_writes() const { return inode_ == nullptr ? 0 : inode_->atomic_writes; }

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

  /// Returns call(inode), made under the IOLOCK. Checks for EBADF and EIO before it, and reports
  /// the ledger after it.
  template <class Call>
  auto locked(Call&& call);

  vfs::MovedPointer<Inode> inode_;  ///< null when closed
  vfs::Handle handle_;
  ErrorCursor errors_;         ///< the errors of the file's writeback that it has seen
  ErrorCursor volume_errors_;  ///< and of the volume's
};

}  // namespace quire::ref::f2fs
