#include "props/judge/coverage.h"

#include "spec/geometry.h"

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
  return all;
}

void Coverage::count_write(Number pos, Number bytes, Number block_size) {
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
