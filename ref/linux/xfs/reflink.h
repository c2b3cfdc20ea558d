// Sharing blocks between files, and replacing shared ones by copies.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Finds the blocks at the start of the extent that are all shared, or all not shared. Returns
/// whether they are; `count` becomes how many. Under the ILOCK.
bool trim_around_shared(const Inode& inode, const Extent& extent, std::uint64_t& count);

/// Makes [to_pos, to_pos + length) of `to` share the blocks of [from_pos, from_pos + length) of
/// `from` (FICLONERANGE at the level of extents). Bytes: positions are multiples of a block, and so
/// is length unless it ends at the size of `from`. The former blocks of `to` there are unmapped;
/// its size and size on disk grow to the end of the range. Holes and unwritten blocks become holes.
///
/// EIO: shut down. EDQUOT, and then a part of the range may be done. Requires a range that
/// vfs::check_clone lets pass and that is not empty, both files' IOLOCKs and invalidate locks, that
/// `to` reads as zero between its size and to_pos, and that neither has a cached folio that is
/// dirty in its range, nor `to` any there.
int share_range(
    Inode& from, std::uint64_t from_pos, Inode& to, std::uint64_t to_pos, std::uint64_t length);

/// Moves the extents of the CoW fork in [start, start + count) to the data fork, as written; the
/// former blocks of the data fork lose an owner. One transaction an extent. Blocks; takes the
/// ILOCK.
void end_cow(Inode& inode, std::uint64_t start, std::uint64_t count);

/// Unmaps [start, start + count) of the CoW fork. Blocks. Takes a transaction and the ILOCK.
void cancel_cow(Inode& inode, std::uint64_t start, std::uint64_t count);

}  // namespace quire::ref::xfs
