// Changes of a file's forks that keep its counters, its quota and the free counter in step.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>
#include <expected>

namespace quire::ref::xfs {

// Blocks, and under the file's ILOCK unless said otherwise.

/// Unmaps [start, start + count) of a fork: its blocks are free, or have one owner less.
void unmap(Inode& inode, Fork fork, std::uint64_t start, std::uint64_t count);

/// Unmaps the delayed blocks of the bytes [pos, end), and leaves the others. Takes the ILOCK; no
/// lock of the cache (3.5).
void punch_delayed(Inode& inode, Fork fork, std::uint64_t pos, std::uint64_t end);

/// Allocates the delayed extent that covers `block` as unwritten, from its start on, one
/// transaction a run, until `block` is allocated (5.4). Returns the extent that covers the block;
/// -EAGAIN: none does any more. Takes transactions and the ILOCK.
std::expected<Extent, int> convert_delayed(Inode& inode, Fork fork, std::uint64_t block);

/// Unmaps both forks past byte `size`, rounded up to a block. Takes a transaction and the ILOCK.
void free_blocks_past(Inode& inode, std::uint64_t size);

}  // namespace quire::ref::xfs
