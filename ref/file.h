// A handle on a file of a volume: the calls, answered as Linux answers them.
#pragma once

#include "ref/inode.h"

#include <sys/uio.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

namespace quire::ref {

/// An open file with a position of its own, which starts at 0. All errors are negative errno; after
/// close() every call answers -EBADF. The volume must outlive its handles; one thread at a time
/// uses a volume and all of its handles.
class File {
 public:
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File() = default;

  /// Writes the segments at byte `offset`, or at the position, which then moves, if it is -1.
  ///
  /// Returns the bytes written, which are fewer than asked when space or readable memory ran out
  /// behind them, else in this order (pwritev2(2), Linux 6.18):
  ///   EINVAL  offset < -1
  ///   EBADF   closed
  ///   EINVAL  iovcnt negative or above 1024
  ///   EFAULT  the array of segments cannot be read
  ///   EINVAL  a segment longer than SSIZE_MAX
  ///   0       no segments, or no bytes in them (the position stays)
  ///   EINVAL  the write would end past 2^63 - 1
  ///   EOPNOTSUPP  flags: none is known
  ///   EFAULT  the first byte cannot be read
  ///   ENOSPC  the volume has too few blocks for the first page of the write
  ///   ENOMEM, or the device's error when the first page had to be read
  std::int64_t pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Reads up to the file's size; the checks, in the same order, are those of pwritev2(). EFAULT:
  /// the first byte cannot be stored.
  std::int64_t preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags);

  /// Brings every dirty block to the device and flushes it. Returns 0 or an error: the first that
  /// it met; else the last that any writeback of the file met since this handle was opened or told,
  /// whoever started it. Each handle is told once (ES-1, ES-2): the blocks that failed are not
  /// tried again. A handle opened after an error that none was told of is told, too (ES-3).
  int fsync();

  /// Sets the size. EINVAL: length is negative (found before EBADF, as in ftruncate(2)); ENOMEM or
  /// the device's error, with nothing changed, when the last block had to be read.
  int ftruncate(std::int64_t length);

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

  /// A read or write that passed the checks.
  struct Transfer {
    std::vector<iovec> segments;
    std::uint64_t pos;
  };

  explicit File(Inode& inode)
      : inode_(&inode), errors_(inode.errors.open()), volume_errors_(inode.volume.errors.open()) {}

  /// The transfer, or the answer of the call: 0 or a negative errno.
  std::expected<Transfer, std::int64_t> check(
      const iovec* segments, int iovcnt, std::int64_t offset, int flags) const;

  Inode* inode_;  ///< null when closed
  std::int64_t position_ = 0;
  ErrorCursor errors_;         ///< what it was told of the file's writeback
  ErrorCursor volume_errors_;  ///< and of the volume's
};

}  // namespace quire::ref
