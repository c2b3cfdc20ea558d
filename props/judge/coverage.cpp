#include "props/judge/coverage.h"

#include "props/differential/windows.h"
#include "spec/geometry.h"
#include "spec/locks/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace quire::props {
namespace {

using Number = Coverage::Number;

constexpr std::array kSizeNames{
    "under 512 B", "512 B to a page", "a page to 64 KiB", "64 KiB to 1 MiB", "1 MiB and more"};
constexpr std::array kAlignmentNames{"at a page", "at a block", "inside a block"};
constexpr std::array kOrderNames{"one page", "2 to 8 pages", "16 to 256 pages", "2 MiB"};
constexpr std::array kStopNames{"whole", "short", "nothing"};
constexpr std::array kFaultNames{"read", "write", "flush", "memory"};
constexpr std::array kReachNames{"once", "at one place", "for good"};
static_assert(kSizeNames.size() == kWriteSizes.size());
static_assert(kOrderNames.size() == kFolioOrders.size());

/// The range that `value` lies in, or the last one.
template <std::size_t N>
std::size_t range_of(const std::array<ValueRange, N>& ranges, Number value) {
  const auto at = std::ranges::find_if(ranges, [&](ValueRange r) { return value <= r.last; });
  return std::min<std::size_t>(static_cast<std::size_t>(at - ranges.begin()), N - 1);
}

std::string name(const WriteClass& c) {
  return std::string("write of ") + kSizeNames[c.size] + ", " +
         kAlignmentNames[static_cast<std::size_t>(c.alignment)];
}

std::string name(const EndClass& c) {
  return std::string("folio of ") + kOrderNames[c.order] + ", " +
         (c.uptodate ? "uptodate" : "stale") + ", copied " +
         kStopNames[static_cast<std::size_t>(c.stop)];
}

std::string name(const LargeClass& c) {
  constexpr std::array kDeviceNames{"4 GiB", "2 TiB"};
  switch (c.kind) {
    case Large::position: return std::string("write near ") + kLargePlaces[c.index].name;
    case Large::device_byte: return std::string("device above ") + kDeviceNames[c.index];
    case Large::file_block: return "file block above 2^32";
  }
  return "?";
}

/// Bytes on either side of a large place that are near it.
constexpr Number kNear = 8 << 20;

std::string name(const FaultClass& c) {
  return std::string("fault of ") + kFaultNames[static_cast<std::size_t>(c.kind)] + ", " +
         kReachNames[static_cast<std::size_t>(c.reach)] + ", during " +
         std::string(name_of(c.during));
}

std::string name(const StrikeClass& c) {
  switch (c.strike) {
    case Strike::behind_good_run: return "failed write behind one that arrived, in an fsync";
    case Strike::in_reserving_write: return "failed read in a write that needs new blocks";
    case Strike::before_an_open: return "error that nobody has reported, at a handle opened since";
  }
  return "?";
}

std::string name(const RecoveryClass& c) {
  return std::string("success after a fault of ") + kFaultNames[static_cast<std::size_t>(c.after)];
}
std::string name(const FlushClass&) { return "fsync of a clean file that was not flushed"; }

std::string name(const ActorClass& c) {
  return fmt::format("{} by a second thread at {}", name_of(c.action), name_of(c.point));
}

std::string name(const ContendedClass& c) {
  return "wait of one thread for the " + spec::lock_name(c.rank) + " of another";
}

/// The locks that a long run must find held; others are held for moments.
constexpr std::array kContended{
    spec::rank_of<spec::Iolock>, spec::rank_of<spec::WritebackLock>, spec::rank_of<spec::FlushLock>,
    spec::rank_of<spec::FolioLock>};

}  // namespace

std::string name_of(const InputClass& reached) {
  return std::visit([](const auto& c) { return name(c); }, reached);
}

std::vector<InputClass> Coverage::all_classes() const {
  std::vector<InputClass> all;
  for (std::size_t size = 0; size < kWriteSizes.size(); ++size) {
    for (const Alignment a :
         {Alignment::at_a_page, Alignment::at_a_block, Alignment::inside_a_block}) {
      if (a != Alignment::at_a_block || small_blocks_) all.push_back(WriteClass{size, a});
    }
  }
  for (std::size_t order = 0; order < (large_folios_ ? kFolioOrders.size() : 1); ++order) {
    for (const Stop stop : {Stop::whole, Stop::in_the_middle, Stop::at_once}) {
      // A folio of 2 MiB is alone in its window, and an iteration whose first byte faults is not
      // begun.
      if (order == kFolioOrders.size() - 1 && stop == Stop::at_once) continue;
      for (const bool uptodate : {true, false}) all.push_back(EndClass{order, stop, uptodate});
    }
  }
  for (std::size_t place = 0; place < kLargePlaces.size(); ++place)
    all.push_back(LargeClass{Large::position, place});
  for (std::size_t size = 0; large_devices_ && size < kDevicePlaces.size(); ++size)
    all.push_back(LargeClass{Large::device_byte, size});
  all.push_back(LargeClass{Large::file_block, 0});
  const auto add = [&](FaultKind kind, Action during) {
    const bool has_place = kind == FaultKind::read || kind == FaultKind::write;
    for (const FaultReach reach : {FaultReach::once, FaultReach::place, FaultReach::all}) {
      if (reach != FaultReach::place || has_place) all.push_back(FaultClass{kind, reach, during});
    }
  };
  for (const Action during : {Action::write, Action::read, Action::truncate}) {
    add(FaultKind::read, during);
    add(FaultKind::memory, during);
  }
  add(FaultKind::write, Action::fsync);
  if (large_folios_) {  // writers wait for writeback, which may fail
    add(FaultKind::write, Action::write);
    all.push_back(StrikeClass{Strike::before_an_open});
  }
  add(FaultKind::flush, Action::fsync);
  all.push_back(StrikeClass{Strike::behind_good_run});
  if (small_blocks_) all.push_back(StrikeClass{Strike::in_reserving_write});
  for (const FaultKind kind :
       {FaultKind::read, FaultKind::write, FaultKind::flush, FaultKind::memory})
    all.push_back(RecoveryClass{kind});
  if (shows_medium_) all.push_back(FlushClass{});
  if (!large_folios_) return all;
  for (const Action action : kActorActions) {
    for (std::size_t p = 0; p < kYieldPointsOfImpl; ++p)
      all.push_back(ActorClass{action, static_cast<YieldPoint>(p)});
  }
  for (const Number rank : kContended) all.push_back(ContendedClass{rank});
  return all;
}

void Coverage::count_mapped(Number file_block, Number device_pos) {
  if (file_block >> 32 != 0) ++seen_[LargeClass{Large::file_block, 0}];
  for (std::size_t size = 0; size < kDevicePlaces.size(); ++size) {
    if (kDevicePlaces[size] <= device_pos) ++seen_[LargeClass{Large::device_byte, size}];
  }
}

void Coverage::count_write(Number pos, Number bytes, Number block_size) {
  for (std::size_t place = 0; place < kLargePlaces.size(); ++place) {
    const Number at = kLargePlaces[place].pos;
    if (at - kNear <= pos && pos <= at + kNear) ++seen_[LargeClass{Large::position, place}];
  }
  const Alignment alignment = pos % spec::kPageSize == 0 ? Alignment::at_a_page
                              : pos % block_size == 0    ? Alignment::at_a_block
                                                         : Alignment::inside_a_block;
  ++seen_[WriteClass{range_of(kWriteSizes, bytes), alignment}];
}

void Coverage::count_write_end(const spec::WriteEnd<Number>& op) {
  const Number order = std::bit_width(op.folio_size / spec::kPageSize) - 1;
  const Stop stop = op.copied == op.length ? Stop::whole
                    : op.copied != 0       ? Stop::in_the_middle
                                           : Stop::at_once;
  ++seen_[EndClass{range_of(kFolioOrders, order), stop, op.range_uptodate == 1}];
}

void Coverage::count_contended(Number ranks) {
  for (const Number rank : kContended) {
    if ((ranks >> rank & 1) != 0) ++seen_[ContendedClass{rank}];
  }
}

std::vector<InputClass> Coverage::missing() const {
  std::vector<InputClass> missing = all_classes();
  std::erase_if(missing, [&](const InputClass& c) { return seen_.contains(c); });
  return missing;
}

std::vector<std::pair<std::string, Number>> Coverage::counts() const {
  std::vector<std::pair<std::string, Number>> counts;
  for (const InputClass& c : all_classes()) {
    const auto at = seen_.find(c);
    counts.emplace_back(name_of(c), at == seen_.end() ? 0 : at->second);
  }
  return counts;
}

}  // namespace quire::props
