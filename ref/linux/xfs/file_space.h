// The parts of fallocate(2): allocating a range, freeing it, and moving the blocks behind it.
#pragma once

#include "ref/linux/xfs/node.h"

#include <cstdint>

namespace quire::ref::xfs {

// Bytes of the file; 0 or a negative errno. All of them require the file's IOLOCK and its
// invalidate lock.

/// Allocates each hole of [pos, end), rounded out to blocks, as unwritten. Delayed blocks stay
/// delayed. ENOSPC, EDQUOT: blocks that were allocated stay.
int allocate_space(Inode& inode, std::uint64_t pos, std::uint64_t end);

/// Makes [pos, end) read as zero: frees whole blocks, zeroes the rest.
int free_space(Inode& inode, std::uint64_t pos, std::uint64_t end);

/// Moves the blocks from `pos` on up or down by `length`; down, over a hole. pos and length:
/// multiples of a block.
int shift_up(Inode& inode, std::uint64_t pos, std::uint64_t length);
int shift_down(Inode& inode, std::uint64_t pos, std::uint64_t length);

/// Copies the shared blocks of [pos, end), below the size, to blocks of the file's own, and writes
/// them back.
int unshare_space(Inode& inode, std::uint64_t pos, std::uint64_t end);

/// Writes back [pos, end), rounded out to pages, and drops it from the cache, with every other
/// clean folio of the file.
int flush_and_drop(Inode& inode, std::uint64_t pos, std::uint64_t end);

}  // namespace quire::ref::xfs
