// Where a file has data, and where holes.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>
#include <optional>

namespace quire::ref::f2fs {

/// The first page at or past page `index` that is data: it is dirty in the cache, has a block,
/// belongs to a stored cluster, or to an atomic write. A block that is only reserved reads as zero
/// and is a hole. Requires the IOLOCK.
std::optional<std::uint64_t> next_data(Inode& inode, std::uint64_t index);

}  // namespace quire::ref::f2fs
