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

std::vector<Extent> BlockMap::unmap_from(std::uint64_t first) {
  std::vector<Extent> freed;
  auto at = runs_.lower_bound(first);
  if (at != runs_.begin()) {
    auto& [start, extent] = *std::prev(at);
    const std::uint64_t kept = first - start;
    if (kept < extent.length) {
      freed.push_back({extent.start + kept, extent.length - kept});
      extent.length = kept;
    }
  }
  for (auto run = at; run != runs_.end(); ++run) freed.push_back(run->second);
  runs_.erase(at, runs_.end());
  return freed;
}

}  // namespace quire::impl
