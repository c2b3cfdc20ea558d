// Changes of all quota records of a file at once.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

// Each record is changed under its own lock, users before groups before projects. Blocks. The
// file's records must be attached, unless n is 0.

/// Promises `n` blocks in every record, or in none: 0 or -EDQUOT.
int reserve_quota(Inode& inode, std::uint64_t n);
void unreserve_quota(Inode& inode, std::uint64_t n);

/// Promises `blocks` in quota, and `blocks` + `index` of the free blocks; or nothing: 0, -EDQUOT or
/// -ENOSPC.
int reserve_blocks(Inode& inode, std::uint64_t blocks, std::uint64_t index);

/// `n` promised blocks are used from now on; `n` used ones are no more.
void use_quota(Inode& inode, std::uint64_t n);
void release_quota(Inode& inode, std::uint64_t n);

}  // namespace quire::ref::xfs
