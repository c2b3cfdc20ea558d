// Chooses where a file's next blocks lie.
#include "impl/space/space.h"

#include "impl/record.h"
#include "spec/write/placement.h"

#include <algorithm>

namespace quire::impl {

std::optional<Extent> Space::allocate(
    std::uint64_t want, std::optional<std::uint64_t> goal, Preallocation& own) {
  const Lock lock(lock_);
  const std::uint64_t from = goal           ? *goal
                             : !own.empty() ? own.start
                                            : preallocations_.start_of_new_file();
  std::uint64_t outside = from;
  for (auto other = preallocations_.next(outside, own); other != nullptr && other->start <= outside;
       other = preallocations_.next(outside, own)) {
    outside = other->end;
  }
  std::optional<Extent> extent = allocator_->allocate(want, outside);
  // An allocator knows nothing of preallocations: it is sent to a block that is free and in none.
  // Where no such block is left it takes any.
  if (extent && !keep_outside(*extent, own)) {
    const auto block = free_block_outside(outside, own);
    extent = allocator_->allocate(want, block ? *block : from);
    if (block && extent && !keep_outside(*extent, own)) extent = allocator_->allocate(want, from);
  }
  if (!extent) return extent;
  note_placement(want, *extent, own);
  preallocations_.allocated(own, *extent);
  return extent;
}

/// Takes back what of an extent lies in the preallocation of another file, and what follows. False
/// if that is all of it.
bool Space::keep_outside(Extent& extent, const Preallocation& own) {
  const Preallocation* const over = preallocations_.next(extent.start, own);
  if (over == nullptr || extent.end() <= over->start) return true;
  const std::uint64_t kept = extent.start < over->start ? over->start - extent.start : 0;
  allocator_->release_and_reserve({extent.start + kept, extent.length - kept});
  extent.length = kept;
  return kept != 0;
}

/// The first block from `from` on, and then from block 0 on, that is free and in the preallocation
/// of no other file.
std::optional<std::uint64_t> Space::free_block_outside(
    std::uint64_t from, const Preallocation& own) const {
  const SparseBitmap& granted = allocator_->granted();
  for (const std::uint64_t start : {from < blocks_ ? from : 0, std::uint64_t{0}}) {
    std::uint64_t block = granted.find_clear(start, blocks_);
    while (block < blocks_) {
      const Preallocation* const other = preallocations_.next(block, own);
      if (other == nullptr || block < other->start) return block;
      block = granted.find_clear(other->end, blocks_);
    }
  }
  return std::nullopt;
}

void Space::note_placement(
    std::uint64_t want, const Extent& extent, const Preallocation& own) const {
  if (!is_watched()) return;
  std::uint64_t of_others = 0;
  std::uint64_t elsewhere = allocator_->free_blocks() + allocator_->reserved_blocks();
  for (auto other = preallocations_.next(0, own); other != nullptr;
       other = preallocations_.next(other->end, own)) {
    const std::uint64_t from = std::max(extent.start, other->start);
    const std::uint64_t to = std::min(extent.end(), other->end);
    if (from < to) of_others += to - from;
    // Blocks of it may be in use.
    for (std::uint64_t at = other->start; at < other->end;) {
      const std::uint64_t first = allocator_->granted().find_clear(at, other->end);
      at = allocator_->granted().find_set(first, other->end);
      elsewhere -= at - first;
    }
  }
  elsewhere += extent.length - of_others;
  const spec::Placement<std::uint64_t> placement{want, extent.length, of_others, elsewhere};
  record([&](auto& r) { r.step(placement); });
}

}  // namespace quire::impl
