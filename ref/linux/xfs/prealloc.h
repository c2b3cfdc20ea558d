// How much to reserve beyond a write that makes its file grow.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Blocks to add to a reservation for the bytes [pos, pos + count), in the fork that takes it
/// (5.2). at_end: the data fork has nothing at or past pos; else, or where the file does not grow,
/// the answer is 0. Under the file's ILOCK.
std::uint64_t preallocation(
    Inode& inode, Fork fork, std::uint64_t pos, std::uint64_t count, bool at_end);

}  // namespace quire::ref::xfs
