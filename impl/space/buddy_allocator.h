// A buddy allocator: blocks of powers of two, split and merged.
#pragma once

#include "impl/space/free_buddies.h"
#include "impl/space/indexed_allocator.h"

#include <quire/block_allocator.h>

namespace quire::impl {

extern template class IndexedAllocator<FreeBuddies>;

/// At the goal if that is free, else at the start of one of the smallest free buddy blocks that
/// hold all that is wanted, which aligns an extent to its length rounded up to a power of two; else
/// one of the largest, and on into its free neighbours (FreeBuddies). The rest of a block stays
/// free. A search sees neighbours that are not buddies as two blocks, and a block smaller than the
/// alignment as not aligned: with a minimum or an alignment it may miss room that there is. Of
/// memory, time and wrong calls see IndexedAllocator.
class BuddyAllocator : public IndexedAllocator<FreeBuddies> {
 public:
  using IndexedAllocator::IndexedAllocator;
};
static_assert(BlockAllocator<BuddyAllocator>);

}  // namespace quire::impl
