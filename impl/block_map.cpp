#include "impl/block_map.h"

#include <algorithm>
#include <iterator>

namespace quire::impl {

BlockMap::Run BlockMap::run_at(std::uint64_t file_block, std::uint64_t most) const {
  const auto next = runs_.upper_bound(file_block);
  if (next != runs_.begin()) {
    const auto& [first, extent] = *std::prev(next);
    const std::uint64_t within = file_block - first;
    if (within < extent.length) {
      return {true, extent.start + within, std::min(most, extent.length - within)};
    }
  }
  const std::uint64_t gap = next == runs_.end() ? most : next->first - file_block;
  return {false, 0, std::min(most, gap)};
}

std::uint64_t BlockMap::holes(std::uint64_t first, std::uint64_t end) const {
  std::uint64_t n = 0;
  while (first < end) {
    const Run run = run_at(first, end - first);
    if (!run.mapped) n += run.length;
    first += run.length;
  }
  return n;
}

void BlockMap::map(std::uint64_t file_block, Extent extent) {
  const auto next = runs_.lower_bound(file_block);
  if (next != runs_.begin()) {
    auto& [first, before] = *std::prev(next);
    if (first + before.length == file_block && before.end() == extent.start) {
      before.length += extent.length;
      return;
    }
  }
  runs_.emplace_hint(next, file_block, extent);
}

std::vector<Extent> BlockMap::unmap(std::uint64_t first, std::uint64_t end) {
  std::vector<Extent> freed;
  auto at = runs_.upper_bound(first);
  if (at != runs_.begin()) --at;
  while (at != runs_.end() && at->first < end) {
    const std::uint64_t start = at->first;
    const Extent extent = at->second;
    const std::uint64_t cut_first = std::max(first, start);
    const std::uint64_t cut_end = std::min(end, start + extent.length);
    if (cut_first >= cut_end) {  // it ends before the range
      ++at;
      continue;
    }
    freed.push_back({extent.start + (cut_first - start), cut_end - cut_first});
    if (cut_end < start + extent.length) {
      runs_.emplace(
          cut_end, Extent{extent.start + (cut_end - start), start + extent.length - cut_end});
    }
    if (cut_first > start) {
      at->second.length = cut_first - start;
      ++at;
    } else {
      at = runs_.erase(at);
    }
  }
  return freed;
}

}  // namespace quire::impl
