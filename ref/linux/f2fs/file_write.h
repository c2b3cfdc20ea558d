// A write to an F2FS file: its checks, its preallocation, the loop (7.1).
#pragma once

#include "ref/linux/f2fs/inode.h"
#include "ref/vfs/transfer.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Writes the segments at transfer.pos, or at the end if its flags append; transfer.pos is set to
/// where that was. Returns the bytes written, fewer where a limit of the caller cuts them off
/// (CHK-2), or, in this order (negative):
///   EIO         a checkpoint failed before
///   EAGAIN      nowait, and another thread holds the IOLOCK
///   EIO         the file is pinned and the write needs a new block
///   EPERM       the file is immutable, or its compressed blocks were released
///   EINVAL      nowait: a buffered write may always have to wait (CHK-1)
///   EFBIG       the write would start at a limit of the caller, or past it
///   or the error of preallocation or of the first page: ENOSPC, EDQUOT, ENOMEM, EFAULT, the
///   device's
/// After it no block that was preallocated lies past the size (F2-1); one that write_begin reserved
/// may, when its page was rejected (F2-2). It is not made durable here. Requires at least one byte,
/// and an end of at most kFileSizeMax.
std::int64_t file_write(Inode& inode, vfs::Transfer& transfer);

}  // namespace quire::ref::f2fs
