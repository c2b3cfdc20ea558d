// Reserving delayed blocks.
#pragma once

#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Blocks.
struct DelayedRequest {
  Fork fork = Fork::data;
  std::uint64_t start = 0;     ///< a hole of the fork
  std::uint64_t count = 0;     ///< what the write needs; cut at the next extent
  std::uint64_t prealloc = 0;  ///< speculative ones behind it
};

/// Reserves quota, then space for the blocks and the worst case of their index, and inserts them
/// into the fork; a request for the CoW fork without preallocation is widened to its hint. Without
/// room it retries without preallocation and hint (5.3, PRE-3).
///
/// reserved: what this call added, without the neighbours it was joined with. Answers 0, -ENOSPC or
/// -EDQUOT; then nothing has changed. Under the file's ILOCK, with its dquots attached.
int reserve_delayed(Inode& inode, const DelayedRequest& request, Extent& reserved);

}  // namespace quire::ref::xfs
