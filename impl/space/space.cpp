// Chooses where a file's next blocks lie.
#include "impl/space/space.h"

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
    extent = allocator_.allocate(want, from);
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
  if (!extent) extent = allocator_.allocate(want, from);
  if (extent) preallocations_.allocated(own, *extent);
  return extent;
}

}  // namespace quire::impl
