// What fallocate(2) is made of: giving a range of a file space, taking it, and moving what follows.
#pragma once

#include "ref/linux/xfs/node.h"

#include <cstdint>

namespace quire::ref::xfs {

// Bytes of the file; 0 or a negative errno. All of them require the file's IOLOCK and its
// invalidate lock.

/// Gives each hole of [pos, end), rounded out to blocks, unwritten space. Blocks that are delayed
/// have their promise, and keep it. ENOSPC, EDQUOT: what had been given stays.
int allocate_space(Inode& inode, std::uint64_t pos, std::uint64_t end);

/// Makes [pos, end) read as zero: whole blocks lose their space, the rest is zeroed.
int free_space(Inode& inode, std::uint64_t pos, std::uint64_t end);

/// Moves what the file has from `pos` on up or down by `length`; going down, over a hole. pos and
/// length: multiples of a block.
int shift_up(Inode& inode, std::uint64_t pos, std::uint64_t length);
int shift_down(Inode& inode, std::uint64_t pos, std::uint64_t length);

/// Gives what is shared of [pos, end), below the size, space of its own, on the device too.
int unshare_space(Inode& inode, std::uint64_t pos, std::uint64_t end);

/// Writes back [pos, end), rounded out to pages, and forgets it: nothing of it is cached after. A
/// folio without a dirty block can be forgotten at any time, so all those of the file are.
int flush_and_drop(Inode& inode, std::uint64_t pos, std::uint64_t end);

}  // namespace quire::ref::xfs
