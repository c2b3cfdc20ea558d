// Blocks that get their place at once.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Gives [range.start, range.start + range.count) of the data fork, a hole, its place as unwritten,
/// run by run until `block` has one; the rest of the range stays a hole. allocated: the run that
/// covers the block. -ENOSPC, -EDQUOT: nothing has changed. Blocks. Under the file's ILOCK, in a
/// transaction. Requires that the range covers the block.
int allocate_unwritten(Inode& inode, const Extent& range, std::uint64_t block, Extent& allocated);

}  // namespace quire::ref::xfs
