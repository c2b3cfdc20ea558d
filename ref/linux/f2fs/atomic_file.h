// Atomic files: writes that reach the file all together, or not at all.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Writes back dirty pages, then sends further writes to blocks of a CoW inode. 0 if the file is
/// atomic already; EINVAL for a pinned file, and for a compressed one that has blocks (without, it
/// is compressed no longer); or the error of the writeback (negative). Requires the IOLOCK.
int start_atomic_write(Inode& inode);

/// Writes back, then lets the file take over the blocks of its CoW inode, all or none; the file is
/// atomic no longer. Errors (negative): EINVAL if it is not atomic. ENOSPC, EDQUOT or ENOMEM when a
/// block or a node block could not be allocated: the file stays atomic and nothing has changed. The
/// device's error, also of an earlier writeback since the start: a block is lost, so the whole
/// write is aborted. Requires the IOLOCK.
int commit_atomic_write(Inode& inode);

/// Drops all that was written since the start, and restores the size. 0, also if the file is not
/// atomic. Requires the IOLOCK.
int abort_atomic_write(Inode& inode);

/// 7.2 step 4 for an atomic file: makes sure that the CoW inode has a block for page `index`; the
/// counter grows if it is new. 0, or EDQUOT, ENOSPC, ENOMEM (negative). Requires the op lock or the
/// node-change lock.
int reserve_for_atomic_write(Inode& inode, std::uint64_t index);

}  // namespace quire::ref::f2fs
