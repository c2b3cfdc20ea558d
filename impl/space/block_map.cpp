#include "impl/space/block_map.h"

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

std::optional<std::uint64_t> BlockMap::goal(std::uint64_t file_block) const {
  const auto next = runs_.lower_bound(file_block);
  if (next == runs_.begin()) return std::nullopt;
  return std::prev(next)->second.end();
}

void BlockMap::prepare(std::size_t changes) {
  while (spares_.size() < changes) spares_.emplace(spares_.size(), Extent{});
}

void BlockMap::insert(std::uint64_t file_block, Extent extent) {
  if (spares_.empty()) prepare(1);
  auto node = spares_.extract(std::prev(spares_.end()));
  node.key() = file_block;
  node.mapped() = extent;
  runs_.insert(std::move(node));
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
  insert(file_block, extent);
}

std::optional<Extent> BlockMap::unmap_first(std::uint64_t first, std::uint64_t end) {
  auto at = runs_.upper_bound(first);
  if (at != runs_.begin() && std::prev(at)->first + std::prev(at)->second.length > first) --at;
  if (at == runs_.end() || at->first >= end) return std::nullopt;

  const std::uint64_t start = at->first;
  const Extent extent = at->second;
  const std::uint64_t cut_first = std::max(first, start);
  const std::uint64_t cut_end = std::min(end, start + extent.length);
  const Extent rest{extent.start + (cut_end - start), start + extent.length - cut_end};
  if (cut_first > start) {
    if (rest.length > 0) insert(cut_end, rest);
    at->second.length = cut_first - start;
  } else if (rest.length > 0) {
    auto node = runs_.extract(at);
    node.key() = cut_end;
    node.mapped() = rest;
    runs_.insert(std::move(node));
  } else {
    runs_.erase(at);
  }
  return Extent{extent.start + (cut_first - start), cut_end - cut_first};
}

}  // namespace quire::impl
