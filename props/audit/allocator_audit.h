// The allocator of a volume, counted anew.
#pragma once

#include "impl/space/space_allocator.h"
#include "props/audit/block_set.h"

#include <cstdint>

namespace quire::props {

/// The blocks that its marks say are in use.
BlockSet granted_blocks(const impl::SpaceAllocator& allocator);

/// Counts and summaries of its marks that differ from the marks, and what its index of free blocks,
/// if it has one, says otherwise than the marks of a device of so many blocks.
std::uint64_t wrong_marks(const impl::SpaceAllocator& allocator, std::uint64_t blocks);

}  // namespace quire::props
