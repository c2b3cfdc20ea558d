// Where a file has data, and where it has none: SEEK_DATA and SEEK_HOLE.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// The first byte at or past `pos` that is data, or that is in a hole; the end of the file is one.
/// Space that reads as zero without having been written is data only where the cache has it.
/// -ENXIO: pos is negative or not below the size, or no data follows. Takes the file's IOLOCK.
std::int64_t seek_data(Inode& inode, std::int64_t pos);
std::int64_t seek_hole(Inode& inode, std::int64_t pos);

}  // namespace quire::ref::xfs
