// Where a file's next blocks lie.
#include "impl/space/space.h"

#include <algorithm>

namespace quire::impl {

std::optional<Extent> Space::allocate(
    std::uint64_t want, std::optional<std::uint64_t> goal, RoomAhead& room) {
  const Lock lock(lock_);
  std::uint64_t from = goal ? *goal : !room.empty() ? room.start : rooms_.start_of_new_file();
  std::optional<Extent> extent;
  for (std::uint64_t tries = 0; tries <= RoomsAhead::kRoomsMax; ++tries) {
    const RoomAhead* other = rooms_.next(from, room);
    if (other != nullptr && other->start <= from) {
      from = other->end;
      continue;
    }
    extent = allocator_.allocate(want, from);
    if (!extent) return std::nullopt;
    // First fit goes round at the end of the device, and knows nothing of rooms.
    const RoomAhead* over = rooms_.next(extent->start, room);
    if (over == nullptr || extent->end() <= over->start) break;
    if (extent->start < over->start) {
      extent = keep_first(*extent, over->start - extent->start);
      break;
    }
    // The last try takes what there is, out of whatever room.
    if (tries == RoomsAhead::kRoomsMax) break;
    take_back(*extent);
    from = over->end;
  }
  if (!extent) extent = allocator_.allocate(want, from);
  if (extent) rooms_.given(room, *extent);
  return extent;
}

}  // namespace quire::impl
