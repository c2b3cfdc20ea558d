// Sharing blocks between files, and replacing shared ones by copies.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Cuts [start, start + count) of the data fork at the first place where being shared ends or
/// begins. Answers whether the blocks from `start` on are; `count` becomes how many. Under ILOCK.
bool trim_around_shared(const Inode& inode, const Extent& extent, std::uint64_t& count);

/// Makes [to_pos, to_pos + length) of `to` share the blocks of [from_pos, from_pos + length) of
/// `from` (FICLONERANGE at the level of extents). Bytes: positions are multiples of a block, and so
/// is length unless it ends at the size of `from`. What `to` had there is given up; its size and
/// size on disk grow to the end of the range. Holes and unwritten blocks become holes.
///
/// EINVAL: not multiples, past the size of `from`, or overlapping in one file. EIO: shut down.
/// EDQUOT, and then a part of the range may be done. Requires both files' IOLOCKs and invalidate
/// locks, that `to` reads as zero between its size and to_pos, and that neither has a cached folio
/// that is dirty in its range, nor `to` any there.
int share_range(
    Inode& from, std::uint64_t from_pos, Inode& to, std::uint64_t to_pos, std::uint64_t length);

/// Moves what the CoW fork has of [start, start + count) to the data fork, as written; what the
/// data fork had there loses an owner. One transaction an extent. Blocks; takes the ILOCK.
void end_cow(Inode& inode, std::uint64_t start, std::uint64_t count);

/// Gives back what the CoW fork has of [start, start + count). Blocks. Takes a transaction and the
/// ILOCK.
void cancel_cow(Inode& inode, std::uint64_t start, std::uint64_t count);

}  // namespace quire::ref::xfs
