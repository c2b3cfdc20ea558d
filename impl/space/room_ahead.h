// Room kept ahead of each file that grows, so that files appended in turn do not interleave.
#pragma once

#include <quire/block_allocator.h>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <cstdint>

namespace quire::impl {

/// Blocks [start, end) of the device, which other files leave to one file while there is other
/// space. A hint for placement alone: the blocks stay free, and count as free. Belongs to the file;
/// guarded by the space lock.
struct RoomAhead
    : boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t run = 0;  ///< blocks that the file was given in one run so far

  friend bool operator<(const RoomAhead& a, const RoomAhead& b) { return a.start < b.start; }
  bool empty() const { return start == end; }
};

/// The rooms of one volume: disjoint, at most kRoomsMax of them; the file that has not been given
/// blocks for longest loses its room first. Needs no memory. The caller holds the space lock.
class RoomsAhead {
 public:
  static constexpr std::uint64_t kRoomsMax = 64;

  RoomsAhead(std::uint64_t blocks, std::uint64_t block_size);

  /// The first room that ends after `block` and is not `own`; null if there is none.
  const RoomAhead* next(std::uint64_t block, const RoomAhead& own) const;

  /// Where a file without blocks starts: behind the room made last.
  std::uint64_t start_of_new_file() const { return behind_newest_ < blocks_ ? behind_newest_ : 0; }

  /// The file of `own` was given `extent`: what other rooms lay over it are gone, and `own` lies
  /// behind it. It has as many blocks as the run that now ends there, from 64 KiB to 8 MiB, but
  /// stops at the next room and is at most a sixteenth of the device.
  void given(RoomAhead& own, Extent extent);

 private:
  void drop(RoomAhead& room);

  using Lazily = boost::intrusive::constant_time_size<false>;
  std::uint64_t blocks_, length_min_, length_max_;
  std::uint64_t behind_newest_ = 0;
  boost::intrusive::set<RoomAhead, Lazily> by_start_;
  boost::intrusive::list<RoomAhead, Lazily> by_age_;  // the one used longest ago first
};

}  // namespace quire::impl
