// The classes of F2FS's own paths, of mapped stores and of large positions that a long run has to
// meet.
#include "props/differential/windows.h"
#include "props/peers/case_run.h"
#include "props/peers/must_see.h"
#include "props/peers/wanted.h"

#include <fcntl.h>

#include <cerrno>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
using P = PeerAllowance;

/// Setting::mount by the kind that file 0 is made of (f2fs_files.cpp). On a small device.
auto made(Number mount) {
  return [=](Setting& s) {
    s.mount = mount;
    s.first_block = s.throttle = 0;
    s.each_byte = false;
  };
}
constexpr Number kPlain = 0, kInline = 1, kCompressed = 2;

/// A place in a cluster that any write of kSome bytes at a Place covers.
constexpr Place kInCluster{0, 8 * kPeerBlock};

/// A read fails with another error than a cluster that is damaged.
Command struck(Command c, FaultKind kind) {
  c.fault = Fault{kind, 0, FaultReach::all, kind == FaultKind::read ? ENOMEM : EIO};
  return c;
}
Command some_bytes(Action action, Place place) {
  Command c = write({place.file, place.at + 1}, 0, 100);
  c.action = action;
  return action == Action::truncate
             ? command(action, place, 0, static_cast<Number>(place.at) + kPeerBlock + 100)
             : c;
}

/// A cluster lies compressed on the device, and is not cached.
Commands stored(Place p) {
  p.file = 0;
  return {write(p), command(Action::fsync, p), command(Action::drop_cache, p)};
}
auto of_cluster(Action action, FaultKind kind) {
  return [=](Place p) {
    Commands commands = stored(p);
    commands.push_back(struck(some_bytes(action, kInCluster), kind));
    commands.push_back(some_bytes(action, kInCluster));
    return commands;
  };
}
/// Its pages are written whole, but for some: writeback must read them.
Commands damaged_under_writeback(Place p) {
  Commands commands = stored(p);
  commands.push_back(write(kInCluster, 0, kPeerBlock));
  commands.push_back(struck(command(Action::fsync, kInCluster), FaultKind::damage));
  commands.push_back(command(Action::fsync, kInCluster));
  return commands;
}
Commands cut(Place p) {
  Commands commands = stored(p);
  commands.push_back(some_bytes(Action::truncate, kInCluster));
  commands.push_back(command(Action::drop_cache, kInCluster));
  commands.push_back(command(Action::truncate, kInCluster, 0, 16 * kPeerBlock));
  return commands;
}

Commands unconverted(Place) {
  const Place start{0, 0};
  return {
      write(start, 0, 100), struck(write({0, 4000}, 0, 1000), FaultKind::write),
      write({0, 4000}, 0, 1000)};
}

/// One page of file 0 after the other moves off a block that the last checkpoint keeps, until few
/// blocks are free. Then a write collects space, and the page that it was about to prepare is
/// dropped.
Commands collected(Place p) {
  constexpr int kMoves = 32;  // more than the blocks that a full volume has to move pages to
  p.file = 0;
  Commands commands{
      write(p, 0, kMoves * kPeerBlock), command(Action::fsync, p), command(Action::fill, p)};
  for (int i = 0; i < kMoves; ++i) {
    const Place page{p.file, p.at + i * kPeerBlock};
    commands.push_back(some_bytes(Action::write, page));
    commands.back().actors.push_back(
        {YieldPoint::collected, 0, 0, command(Action::drop_cache, page)});
    commands.push_back(command(Action::write_back, page));
  }
  return commands;
}

/// The file ends inside a page, and grows behind what was stored to the rest of it.
auto stored_behind(Action action) {
  return [=](Place p) {
    Command grows = action == Action::truncate
                        ? command(action, p, 0, static_cast<Number>(p.at) + 4 * kPeerBlock)
                        : write({p.file, p.at + 4 * kPeerBlock}, 0, 100);
    return Commands{
        write({p.file, 0}, 0, static_cast<Number>(p.at) + 700), command(Action::store_mapped, p),
        grows};
  };
}

/// The same in a cluster that lies compressed on the device, before and after.
Commands stored_in_cluster(Place) {
  const Place p{0, 0};
  return {write(p, 0, 3 * kPeerBlock + 100), command(Action::fsync, p),
          command(Action::store_mapped, p),  command(Action::fsync, p),
          command(Action::drop_cache, p),    command(Action::truncate, p, 0, 8 * kPeerBlock)};
}

/// Exactly to the largest size.
Commands allocated_to_the_last_byte(Place p) {
  constexpr Number kBytes = 100;
  const auto at = static_cast<std::int64_t>(spec::kFileSizeMax - kBytes);
  return {command(Action::fallocate, {p.file, at}, 0, kBytes)};
}
/// No file could have the size.
Commands inserted_behind_the_last_byte(Place p) {
  Command inserts = command(
      Action::fallocate, {p.file, kPeerBlock}, FALLOC_FL_INSERT_RANGE,
      static_cast<Number>(kPeerBlock));
  inserts.limit = kSome;  // of which no signal tells: the file system's own comes first
  return {command(Action::truncate, p, 0, spec::kFileSizeMax - 100), inserts};
}
Commands grown_to_the_last_byte(Place p) {
  return {command(Action::truncate, p, 0, spec::kFileSizeMax)};
}

std::vector<Wanted> at_large_places() {
  std::vector<Wanted> all;
  for (const LargePlace& place : kLargePlaces) {
    const bool is_last = place.pos == spec::kFileSizeMax;
    const auto way = [=](Place p) {
      const Number at = is_last ? place.pos - 100 : place.pos;
      return Commands{
          write({p.file, static_cast<std::int64_t>(at)}, 0, 100), command(Action::fsync, p)};
    };
    all.push_back({place_class(Action::write, place.name), way, nullptr, &P::has_large_files});
  }
  const char* const last = kLargePlaces.back().name;
  all.push_back(
      {place_class(Action::truncate, last), grown_to_the_last_byte, nullptr, &P::has_large_files});
  all.push_back(
      {"fallocate INSERT_RANGE: EFBIG", inserted_behind_the_last_byte, &P::moves_ranges,
       &P::has_large_files});
  all.push_back(
      {place_class(Action::fallocate, last), allocated_to_the_last_byte, &P::allocates,
       &P::has_large_files});
  return all;
}

std::vector<Wanted> all_corners() {
  std::vector<Wanted> all{
      {strike_class(Action::read, FaultKind::damage), of_cluster(Action::read, FaultKind::damage),
       nullptr, &P::has_clusters, made(kCompressed)},
      {strike_class(Action::write, FaultKind::damage), of_cluster(Action::write, FaultKind::damage),
       nullptr, &P::has_clusters, made(kCompressed)},
      {strike_class(Action::truncate, FaultKind::damage),
       of_cluster(Action::truncate, FaultKind::damage), nullptr, &P::has_clusters,
       made(kCompressed)},
      {strike_class(Action::fsync, FaultKind::damage), damaged_under_writeback, nullptr,
       &P::has_clusters, made(kCompressed)},
      {recovery_class(Action::read, FaultKind::damage), of_cluster(Action::read, FaultKind::damage),
       nullptr, &P::has_clusters, made(kCompressed)},
      {kClusterUnread, of_cluster(Action::read, FaultKind::read), nullptr, &P::has_clusters,
       made(kCompressed)},
      {kClusterCut, cut, nullptr, &P::has_clusters, made(kCompressed)},
      {kUnconverted, unconverted, nullptr, &P::has_clusters, made(kInline)},
      {kPageGone, collected, nullptr, &P::has_clusters, made(kPlain)},
      {kStored, stored_behind(Action::write), nullptr, &P::zeroes_stores},
      {kStoredInCluster, stored_in_cluster, nullptr, &P::has_clusters, made(kCompressed)},
      {growth_class(Action::write), stored_behind(Action::write), nullptr, &P::zeroes_stores},
      {growth_class(Action::truncate), stored_behind(Action::truncate), nullptr,
       &P::zeroes_stores}};
  const std::vector<Wanted> large = at_large_places();
  all.insert(all.end(), large.begin(), large.end());
  return all;
}

}  // namespace

const std::vector<Wanted>& all_wanted_of_corners() {
  static const std::vector<Wanted> kAll = all_corners();
  return kAll;
}

}  // namespace quire::props
