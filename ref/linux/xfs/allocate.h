// Allocating blocks at once, without delay.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Allocates [range.start, range.start + range.count), a hole of the data fork, as unwritten, run
/// by run until `block` is allocated; the rest stays a hole. allocated: the run that covers the
/// block. Returns 0; or -ENOSPC or -EDQUOT with nothing changed. Blocks. Under the file's ILOCK, in
/// a transaction. Requires that the range covers the block.
int allocate_unwritten(Inode& inode, const Extent& range, std::uint64_t block, Extent& allocated);

}  // namespace quire::ref::xfs
