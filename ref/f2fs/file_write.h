// A write to an F2FS file: its checks, its preallocation, the loop (7.1).
#pragma once

#include "ref/f2fs/inode.h"

#include <sys/uio.h>

#include <cstdint>
#include <vector>

namespace quire::ref::f2fs {

/// Writes the segments at byte `pos`. Returns the bytes written, or, in this order (negative):
///   EIO         a checkpoint failed before
///   EAGAIN      `nowait`, and another thread has the IOLOCK
///   EIO         the file is pinned and the write is not over existing blocks alone
///   EPERM       the file is immutable, or its compressed blocks were released
///   EOPNOTSUPP  `nowait`: a buffered write may always have to wait
///   or what preallocation or the first page met: ENOSPC, EDQUOT, ENOMEM, EFAULT, the device's
/// After it no block that was preallocated lies past the size (F2-1); one that write_begin reserved
/// may, when its page was rejected (F2-2). Requires at least one byte, and an end of at most
/// kFileSizeMax.
std::int64_t file_write(Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait);

}  // namespace quire::ref::f2fs
