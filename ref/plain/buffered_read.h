// A buffered read: from the cache, whose stale folios it reads from the device.
#pragma once

#include "ref/plain/inode.h"

#include <sys/uio.h>

#include <cstdint>
#include <vector>

namespace quire::ref {

/// Reads from byte `pos` of the file into the segments, up to the file's size. Holes read as zero.
///
/// Returns the bytes stored, 0 at or past the end, or a negative errno if there were none: EFAULT
/// (the first byte cannot be stored), ENOMEM, or the device's. Requires the file's IOLOCK.
/// nowait: EAGAIN instead of reading the device.
std::int64_t buffered_read(
    Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait);

}  // namespace quire::ref
