// Zeroing and unsharing through the page cache.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Makes [pos, pos + length) read as zero, in the cache and, after the next fsync, on the device
/// (ZR-1). Skips holes and unwritten space only where no dirty block lies on them. Returns 0 or a
/// negative errno. did_zero: set if a byte was zeroed; may be null. Requires the file's IOLOCK and
/// its invalidate lock (LK-9).
int zero_range(
    File& file, Ops& ops, WritebackOps& writeback, std::uint64_t pos, std::uint64_t length,
    bool* did_zero);

/// Zeroes from `pos` to the end of its block; nothing if pos is at a block's start.
int truncate_page(File& file, Ops& ops, WritebackOps& writeback, std::uint64_t pos, bool* did_zero);

/// Dirties every block of [pos, pos + length) that the file shares, so writeback gives it space
/// of its own. EIO where a block would have to be zeroed instead of read.
int unshare(File& file, Ops& ops, std::uint64_t pos, std::uint64_t length);

}  // namespace quire::ref::iomap
