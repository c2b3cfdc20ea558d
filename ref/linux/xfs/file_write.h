// A buffered write to a file of XFS: xfs_file_buffered_write().
#pragma once

#include "ref/linux/xfs/node.h"
#include "ref/user_memory/iov_iter.h"
#include "ref/vfs/caller.h"

#include <cstdint>
#include <functional>

namespace quire::ref::xfs {

/// The arguments of a write (Linux: struct kiocb).
struct WriteRequest {
  std::uint64_t pos = 0;  ///< byte of the file; moves behind what was written
  bool append = false;    ///< at the end, wherever pos is
  bool nowait = false;    ///< EAGAIN instead of waiting
  bool dsync = false;     ///< O_DSYNC, RWF_DSYNC
  bool sync = false;      ///< O_SYNC, RWF_SYNC; asks for all that dsync does
};

/// Writes bytes [from, last] of the file back and flushes the device; 0 or a negative errno.
using Fsync = std::function<int(std::uint64_t from, std::uint64_t last)>;

/// Writes what `iter` holds. Returns the bytes written, or a negative errno; then no byte was
/// written, unless it is the error of `fsync`, which replaces the count (SYN-1):
///   ETXTBSY, EFBIG  the checks' (ref/vfs/write_checks.h)
///   EAGAIN          nowait, and something would have to be waited for
///   ENOSPC, EDQUOT  even after space was reclaimed once
///   EIO             the volume is shut down
///   EFAULT, EINTR, ENOMEM, the device's  iomap's (ref/linux/iomap/buffered_write.h)
/// Takes the file's IOLOCK. Requires that it is free, and an iterator that is not empty.
std::int64_t buffered_write(
    Node& node, IovIter& iter, WriteRequest& request, vfs::Caller& caller, const Fsync& fsync);

/// Writes back every dirty file of the mount. The files record the errors (WBK-3). Needs no IOLOCK,
/// and may be called with one held (LK-6).
void flush_all(Mount& mount);

}  // namespace quire::ref::xfs
