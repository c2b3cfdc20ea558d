// Chooses where a file's next blocks lie.
#include "impl/space/space.h"

#include "impl/record.h"
#include "spec/write/placement.h"

#include <algorithm>

namespace quire::impl {

std::optional<Extent> Space::allocate(
    std::uint64_t want, std::optional<std::uint64_t> goal, Preallocation& own) {
  const Lock lock(lock_);
  std::uint64_t from = goal           ? *goal
                       : !own.empty() ? own.start
                                      : preallocations_.start_of_new_file();
  std::optional<Extent> extent;
  for (std::uint64_t tries = 0; tries <= Preallocations::kFilesMax; ++tries) {
    const Preallocation* other = preallocations_.next(from, own);
    if (other != nullptr && other->start <= from) {
      from = other->end;
      continue;
    }
    extent = allocate_one(want, from);
    if (!extent) return std::nullopt;
    // First fit wraps at the end of the device, and knows nothing of preallocations.
    const Preallocation* over = preallocations_.next(extent->start, own);
    if (over == nullptr || extent->end() <= over->start) break;
    if (extent->start < over->start) {
      extent = keep_first(*extent, over->start - extent->start);
      break;
    }
    // The last try takes any free run, also out of the preallocation of another file.
    if (tries == Preallocations::kFilesMax) break;
    take_back(*extent);
    from = over->end;
  }
  if (!extent) extent = allocate_one(want, from);
  if (!extent) return extent;
  note_placement(want, *extent, own);
  preallocations_.allocated(own, *extent);
  return extent;
}

void Space::note_placement(
    std::uint64_t want, const Extent& extent, const Preallocation& own) const {
  if (!is_watched()) return;
  std::uint64_t of_others = 0;
  std::uint64_t elsewhere = allocator_.free_blocks() + allocator_.reserved_blocks();
  for (auto other = preallocations_.next(0, own); other != nullptr;
       other = preallocations_.next(other->end, own)) {
    const std::uint64_t from = std::max(extent.start, other->start);
    const std::uint64_t to = std::min(extent.end(), other->end);
    if (from < to) of_others += to - from;
    // Blocks of it may be in use.
    for (std::uint64_t at = other->start; at < other->end;) {
      const std::uint64_t first = allocator_.find_ungranted(at, other->end);
      at = allocator_.find_granted(first, other->end);
      elsewhere -= at - first;
    }
  }
  elsewhere += extent.length - of_others;
  const spec::Placement<std::uint64_t> placement{want, extent.length, of_others, elsewhere};
  record([&](auto& r) { r.step(placement); });
}

}  // namespace quire::impl
