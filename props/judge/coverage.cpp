#include "props/judge/coverage.h"

#include "spec/geometry.h"

#include <array>

namespace quire::props {
namespace {

using Number = Coverage::Number;

constexpr std::array kSizes{
    "under 512 B", "512 B to a page", "a page to 64 KiB", "64 KiB to 1 MiB", "1 MiB and more"};
constexpr std::array kAlignments{"at a page", "at a block", "inside a block"};
constexpr std::array kOrders{"one page", "2 to 8 pages", "16 to 256 pages", "2 MiB"};
constexpr std::array kStops{"whole", "short", "nothing"};
constexpr std::array kStates{"uptodate", "stale"};

std::size_t size_class(Number bytes) {
  if (bytes < 512) return 0;
  if (bytes < spec::kPageSize) return 1;
  if (bytes < 65536) return 2;
  return bytes < (1 << 20) ? 3 : 4;
}

std::size_t order_class(Number folio_size) {
  const Number pages = folio_size / spec::kPageSize;
  if (pages == 1) return 0;
  if (pages <= 8) return 1;
  return pages <= 256 ? 2 : 3;
}

std::string write_class(std::size_t size, std::size_t alignment) {
  return std::string("write of ") + kSizes[size] + ", " + kAlignments[alignment];
}

std::string end_class(std::size_t order, std::size_t stop, std::size_t state) {
  return std::string("folio of ") + kOrders[order] + ", " + kStates[state] + ", copied " +
         kStops[stop];
}

}  // namespace

std::vector<std::string> Coverage::all_classes() const {
  std::vector<std::string> all;
  for (std::size_t s = 0; s < kSizes.size(); ++s) {
    for (std::size_t a = 0; a < kAlignments.size(); ++a) {
      const bool at_a_block = a == 1;
      if (!at_a_block || small_blocks_) all.push_back(write_class(s, a));
    }
  }
  for (std::size_t o = 0; o < (large_folios_ ? kOrders.size() : 1); ++o) {
    for (std::size_t s = 0; s < kStops.size(); ++s) {
      // A folio of 2 MiB is alone in its window, and a trip whose first byte faults is not begun.
      if (o == kOrders.size() - 1 && s == kStops.size() - 1) continue;
      for (std::size_t u = 0; u < kStates.size(); ++u) all.push_back(end_class(o, s, u));
    }
  }
  return all;
}

void Coverage::count_write(Number pos, Number bytes, Number block_size) {
  const std::size_t alignment = pos % spec::kPageSize == 0 ? 0 : pos % block_size == 0 ? 1 : 2;
  ++seen_[write_class(size_class(bytes), alignment)];
}

void Coverage::count_write_end(const spec::WriteEnd<Number>& op) {
  const std::size_t stop = op.copied == op.length ? 0 : op.copied != 0 ? 1 : 2;
  ++seen_[end_class(order_class(op.folio_size), stop, op.range_uptodate == 1 ? 0 : 1)];
}

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> none;
  for (const std::string& name : all_classes()) {
    if (!seen_.contains(name)) none.push_back(name);
  }
  return none;
}

std::vector<std::pair<std::string, Number>> Coverage::counts() const {
  std::vector<std::pair<std::string, Number>> counts;
  for (const std::string& name : all_classes()) {
    const auto at = seen_.find(name);
    counts.emplace_back(name, at == seen_.end() ? 0 : at->second);
  }
  return counts;
}

}  // namespace quire::props
