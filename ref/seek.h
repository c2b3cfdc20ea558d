// Where a file has data, and where holes.
#pragma once

#include "ref/inode.h"

#include <cstdint>

namespace quire::ref {

/// The first byte at or past `pos` that is data (or that lies in a hole); a hole lies at the end of
/// every file. Returns it, or -ENXIO: `pos` lies at the size or past it, or no data follows.
/// Requires the file's IOLOCK.
std::int64_t seek_data(Inode& inode, std::uint64_t pos);
std::int64_t seek_hole(Inode& inode, std::uint64_t pos);

}  // namespace quire::ref
