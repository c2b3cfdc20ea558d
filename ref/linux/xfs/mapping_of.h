// From blocks to iomap's bytes.
#pragma once

#include "ref/linux/iomap/mapping.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// The mapping of an extent. It reads the cookie, so it requires the ILOCK. is_shared: the extent
/// is one of the CoW fork.
iomap::Mapping mapping_of(const Inode& inode, const Extent& extent, bool is_shared = false);

/// The same for a hole: blocks [start, end) of the file.
iomap::Mapping hole_of(const Inode& inode, std::uint64_t start, std::uint64_t end);

/// The part of `extent` within [start, end). Requires that they have a block in common.
Extent trimmed(const Extent& extent, std::uint64_t start, std::uint64_t end);

}  // namespace quire::ref::xfs
