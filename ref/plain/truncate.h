// Changing a file's size.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>

namespace quire::ref {

/// Sets the file's size to `length` bytes.
///
/// Down: drops the cache past the new end, frees the blocks there, and zeroes the rest of the last
/// block in the cache and so, by the next writeback, on the device. To the same size: frees the
/// blocks past the end. Up: changes the size; the bytes between read as zero. Returns 0, or a
/// negative errno after which nothing has changed: ENOMEM, or the device's when the last block
/// cannot be read. Requires length <= kFileSizeMax, the file's IOLOCK and its invalidate lock.
int truncate(Inode& inode, std::uint64_t length);

/// Before the file grows: zeroes the rest of its last block, if that may be stale on the device.
/// Returns as truncate() does.
int zero_stale_tail(Inode& inode);

}  // namespace quire::ref
