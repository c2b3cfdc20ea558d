// Changing a file's size, and releasing the blocks past it.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Sets the file's size to `length` bytes. Down: drops the cache past the new end, releases the
/// blocks there, and zeroes the rest of the last page; makes a stored cluster that holds the end
/// plain. Up: the bytes between read as zero; converts inline data that no longer fits. Returns 0,
/// or a negative errno after which the size and all bytes are as before: ENOMEM, ENOSPC, EDQUOT or
/// the device's. Requires the IOLOCK and length <= kFileSizeMax.
int truncate(Inode& inode, std::uint64_t length);

/// Drops pages past the size and releases their blocks (7.2, after a failed write_begin; F2-1).
/// Requires the IOLOCK.
void truncate_past_size(Inode& inode);

/// Zeroes the cached bytes past the size, up to `end` (bytes), where a write is about to go.
/// Requires the IOLOCK.
void zero_post_eof_page(Inode& inode, std::uint64_t end);

/// The number of addresses past the page that holds the last byte.
std::uint64_t blocks_past_size(const Inode& inode);

}  // namespace quire::ref::f2fs
