// Forgetting what the cache has of a file's tail.
#pragma once

#include "ref/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Drops every folio past byte `pos`; a folio that reaches over it is zeroed from there on, and the
/// blocks that lie past it whole are clean (PC-2, PC-3). Requires that no folio is locked, and the
/// file's invalidate lock.
void drop_cache_past(Inode& inode, std::uint64_t pos);

}  // namespace quire::ref::xfs
