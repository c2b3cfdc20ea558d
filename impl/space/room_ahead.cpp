#include "impl/space/room_ahead.h"

#include <algorithm>
#include <iterator>

namespace quire::impl {
namespace {

constexpr std::uint64_t kRoomBytesMin = std::uint64_t{64} << 10;
constexpr std::uint64_t kRoomBytesMax = std::uint64_t{8} << 20;

/// The first room of a set that ends after `block`.
template <class Rooms>
auto first_after(Rooms& rooms, std::uint64_t block) {
  RoomAhead from;
  from.start = block;
  auto at = rooms.upper_bound(from);
  if (at != rooms.begin() && std::prev(at)->end > block) --at;
  return at;
}

}  // namespace

RoomsAhead::RoomsAhead(std::uint64_t blocks, std::uint64_t block_size)
    : blocks_(blocks),
      length_min_(std::min(kRoomBytesMin / block_size, blocks / 16)),
      length_max_(std::min(kRoomBytesMax / block_size, blocks / 16)) {}

const RoomAhead* RoomsAhead::next(std::uint64_t block, const RoomAhead& own) const {
  auto at = first_after(by_start_, block);
  if (at != by_start_.end() && &*at == &own) ++at;
  return at == by_start_.end() ? nullptr : &*at;
}

void RoomsAhead::drop(RoomAhead& room) {
  by_start_.erase(by_start_.iterator_to(room));
  by_age_.erase(by_age_.iterator_to(room));
  room.start = room.end = 0;
}

void RoomsAhead::given(RoomAhead& own, Extent extent) {
  const bool goes_on = own.start == extent.start && !own.empty();
  own.run = goes_on ? own.run + extent.length : extent.length;
  const std::uint64_t end_before = goes_on ? own.end : 0;
  if (!own.empty()) drop(own);
  for (auto at = first_after(by_start_, extent.start);
       at != by_start_.end() && at->start < extent.end();) {
    drop(*at++);
  }

  // Within its room a file goes on to the room's end; then it is given a new one.
  std::uint64_t end = end_before;
  if (end <= extent.end()) end = extent.end() + std::clamp(own.run, length_min_, length_max_);
  const auto other = first_after(by_start_, extent.end());
  if (other != by_start_.end()) end = std::min(end, other->start);
  end = std::min(end, blocks_);
  if (end <= extent.end()) return;
  own.start = extent.end();
  own.end = end;
  by_start_.insert(own);
  by_age_.push_back(own);
  behind_newest_ = end;
  if (by_age_.size() > kRoomsMax) drop(by_age_.front());
}

}  // namespace quire::impl
