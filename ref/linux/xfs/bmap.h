// Changes of a file's forks that keep its counters, its quota and the free counter in step.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>
#include <expected>

namespace quire::ref::xfs {

// Blocks, and under the file's ILOCK unless said otherwise.

/// Takes what [start, start + count) of a fork has, whatever it is; all of it is free again or has
/// one owner less.
void unmap(Inode& inode, Fork fork, std::uint64_t start, std::uint64_t count);

/// Unmaps the delayed blocks of the bytes [pos, end), and leaves the others. Takes the ILOCK; no
/// lock of the cache (3.5).
void punch_delayed(Inode& inode, Fork fork, std::uint64_t pos, std::uint64_t end);

/// Gives the delayed extent that covers `block` its place, from its start on, one transaction a
/// run, until `block` has one; it is unwritten then (5.4). Answers the extent that covers the
/// block. Takes transactions and the ILOCK. -EAGAIN: nothing covers it any more.
std::expected<Extent, int> convert_delayed(Inode& inode, Fork fork, std::uint64_t block);

/// Takes all that lies past byte `size`, rounded up to a block, of both forks. Takes a transaction
/// and the ILOCK. For a truncate, and for block gc.
void free_blocks_past(Inode& inode, std::uint64_t size);

}  // namespace quire::ref::xfs
