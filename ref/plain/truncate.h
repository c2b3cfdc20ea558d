// Changing a file's size.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>

namespace quire::ref {

/// Sets the file's size to `length` bytes.
///
/// Down: what is cached past the new end is dropped, its blocks are given back, and the rest of the
/// last block is zeroed, in the cache and so, by the next writeback, on the device. To the size it
/// has: space past the end is given back. Up: the size alone changes; what lies between reads as
/// zero. Returns 0, or a negative errno after which nothing has changed: ENOMEM, or the device's
/// when the last block cannot be read.
/// Requires length <= kFileSizeMax, the file's IOLOCK and its invalidate lock.
int truncate(Inode& inode, std::uint64_t length);

}  // namespace quire::ref
