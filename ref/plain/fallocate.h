// Allocating, freeing and moving the blocks of a range of a file.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>

namespace quire::ref {

/// fallocate(2) on [offset, offset + length). mode: one of ref/vfs/fallocate_mode.h.
///   0                   allocates its holes, which still read as zero
///   ZERO_RANGE          all of it is allocated and reads as zero
///   UNSHARE_RANGE       nothing is shared here: only the size may grow
///     these three grow the size to the end of the range; with KEEP_SIZE they do not, and blocks
///     may lie past the end
///   PUNCH_HOLE          with KEEP_SIZE alone: the range reads as zero, its whole blocks are freed
///   COLLAPSE_RANGE      removes the range: the blocks behind it move down, the size shrinks
///   INSERT_RANGE        inserts a hole: the blocks behind it move up, the size grows
///
/// Returns 0, or a negative errno, after which nothing has changed unless the device failed:
///   EFBIG   the size would grow past the caller's limit (RLIMIT_FSIZE) or past 2^63 - 1
///   EINVAL  COLLAPSE_RANGE, INSERT_RANGE: not in whole blocks; the range reaches the end; the
///           offset lies at the end or past it
///   ENOSPC  too few blocks are free; none is allocated
///   ENOMEM, or the device's error
/// Requires offset + length <= kFileSizeMax, length > 0, and the file's IOLOCK.
int fallocate(Inode& inode, int mode, std::uint64_t offset, std::uint64_t length);

/// Makes [from, to) read as zero and frees its whole blocks. Returns 0, or ENOMEM or the device's
/// error (negative) when a block at an edge had to be read. Requires the file's IOLOCK.
int punch_hole(Inode& inode, std::uint64_t from, std::uint64_t to);

}  // namespace quire::ref
