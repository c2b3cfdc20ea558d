// Ranges of a file's blocks: finding data, zeroing, freeing and allocating.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>
#include <optional>

namespace quire::ref {

/// Blocks [first, end) of a file.
struct BlockRange {
  std::uint64_t first;
  std::uint64_t end;
};

/// Whether the block holds written bytes: dirty in the cache, or written on the device. All others
/// read as zero.
bool is_data(Inode& inode, std::uint64_t block);

/// The first block at or past `block` that is data; nothing if there is none.
std::optional<std::uint64_t> next_data(Inode& inode, std::uint64_t block);

/// Reads into the cache what zero_bytes() needs there. Returns 0, or ENOMEM or the device's error
/// (negative) when the block had to be read. Requires that the bytes lie in one block.
int prepare_zeroing(Inode& inode, std::uint64_t from, std::uint64_t to);

/// Zeroes bytes [from, to) where they are data; holes stay holes. The rest of the block is as
/// before. Requires that they were prepared, and that nothing was dropped since.
void zero_bytes(Inode& inode, std::uint64_t from, std::uint64_t to);

/// Frees the blocks; they read as zero.
void free_range(Inode& inode, BlockRange range);

/// Allocates each block that is neither mapped nor dirty; it reads as zero, as before. Returns 0,
/// or -ENOSPC with nothing allocated.
int allocate_range(Inode& inode, BlockRange range);

/// Makes the blocks read as zero: they stay allocated, and become unwritten. Requires that each is
/// mapped or dirty.
void make_unwritten(Inode& inode, BlockRange range);

}  // namespace quire::ref
