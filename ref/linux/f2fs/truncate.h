// Changing a file's size, and giving back what lies past it.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Sets the file's size to `length` bytes. Down: what is cached past the new end is dropped, its
/// blocks are given back, the rest of the last page reads as zero; a stored cluster that the end
/// falls into is made plain. Up: what lies between reads as zero; inline data that no longer fits
/// becomes a block. Returns 0, or a negative errno after which the size and all bytes are as
/// before: ENOMEM, ENOSPC, EDQUOT or the device's. Requires the IOLOCK and length <= kFileSizeMax.
int truncate(Inode& inode, std::uint64_t length);

/// Drops pages past the size and gives back their blocks (7.2, after a failed write_begin; F2-1).
/// Requires the IOLOCK.
void truncate_past_size(Inode& inode);

/// Zeroes the cached bytes past the size, up to `end` (bytes), where a write is about to go.
/// Requires the IOLOCK.
void zero_post_eof_page(Inode& inode, std::uint64_t end);

/// The addresses past the page that holds the last byte.
std::uint64_t blocks_past_size(const Inode& inode);

}  // namespace quire::ref::f2fs
