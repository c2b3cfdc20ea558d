// An allocator of extents: best fit near the goal.
#pragma once

#include "impl/space/free_extents.h"
#include "impl/space/indexed_allocator.h"

#include <quire/block_allocator.h>

namespace quire::impl {

extern template class IndexedAllocator<FreeExtents>;

/// Best fit: at the goal if that is free, else in the smallest free run that holds all that is
/// wanted, else the longest part that fits (FreeExtents). Keeps long runs whole for long extents.
/// Of memory, time and wrong calls see IndexedAllocator.
class ExtentAllocator : public IndexedAllocator<FreeExtents> {
 public:
  static constexpr bool finds_runs = true;

  using IndexedAllocator::IndexedAllocator;
};
static_assert(BlockAllocator<ExtentAllocator>);

}  // namespace quire::impl
