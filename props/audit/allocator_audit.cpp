#include "props/audit/allocator_audit.h"

#include "impl/api/innards.h"
#include "impl/space/buddy_allocator.h"
#include "impl/space/extent_allocator.h"
#include "props/audit/cache_audit.h"

#include <bit>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

using impl::Innards;
using Block = std::uint64_t;

/// Counts and summaries of a bitmap that differ from its bits.
Block wrong_summaries(const impl::SparseBitmap& marks) {
  Block wrong = 0;
  const auto& levels = Innards::levels(marks);
  for (std::size_t level = 0; level < levels.size(); ++level) {
    Block full = 0;
    for (const auto& [number, chunk] : levels[level]) {
      const Block bits = count_bits(chunk.words);
      wrong += bits != chunk.count || bits == 0;
      if (bits != Innards::kChunkBits) continue;
      ++full;
      if (level + 1 == levels.size()) continue;
      const auto& above = levels[level + 1];
      const auto at = above.find(number / Innards::kChunkBits);
      wrong += at == above.end() || !has_bit(at->second.words, number % Innards::kChunkBits);
    }
    Block summed_up = 0;
    if (level + 1 < levels.size()) {
      for (const auto& [number, chunk] : levels[level + 1]) summed_up += count_bits(chunk.words);
    }
    wrong += summed_up != full;
  }
  return wrong;
}

/// The runs of blocks that are not granted.
std::vector<BlockRun> free_runs(const BlockSet& granted, Block blocks) {
  std::vector<BlockRun> runs;
  Block end = 0;
  for (const BlockRun& run : granted.runs()) {
    if (end < run.first) runs.push_back({end, run.first});
    end = run.end;
  }
  if (end < blocks) runs.push_back({end, blocks});
  return runs;
}

Block wrong_index(const impl::FreeExtents& index, const std::vector<BlockRun>& free) {
  Block wrong = 0, listed = 0, length_before = 0;
  for (const auto& run : Innards::by_place(index)) {
    wrong +=
        listed >= free.size() || run.start != free[listed].first || run.end != free[listed].end;
    ++listed;
  }
  Block by_size = 0;
  for (const auto& run : Innards::by_size(index)) {
    wrong += run.end - run.start < length_before;
    length_before = run.end - run.start;
    ++by_size;
  }
  return wrong + (listed != free.size()) + (by_size != listed);
}

Block wrong_index(const impl::FreeBuddies& index, const std::vector<BlockRun>& free) {
  Block wrong = 0, expected = 0, listed = 0;
  const auto& by_order = Innards::by_order(index);
  for (const BlockRun& run : free) {
    for (Block start = run.first; start < run.end; ++expected) {
      std::size_t order = 0;
      while (order < 63 && start % (Block{2} << order) == 0 &&
             (Block{2} << order) <= run.end - start)
        ++order;
      bool is_there = false;
      for (const auto& block : by_order[order]) is_there = is_there || block.start == start;
      wrong += !is_there;
      start += Block{1} << order;
    }
  }
  for (std::size_t order = 0; order < by_order.size(); ++order) {
    for ([[maybe_unused]] const auto& block : by_order[order]) ++listed;
    const bool is_marked = (Innards::orders(index) >> order & 1) != 0;
    wrong += is_marked == by_order[order].empty();
  }
  return wrong + (listed != expected);
}

/// A dropped index is empty.
template <class A>
Block wrong_index_of(const A& allocator, const std::vector<BlockRun>& free) {
  return wrong_index(
      Innards::index(allocator), Innards::is_indexed(allocator) ? free : std::vector<BlockRun>());
}

}  // namespace

BlockSet granted_blocks(const impl::SpaceAllocator& allocator) {
  std::vector<BlockRun> runs;
  for (const auto& [number, chunk] : Innards::levels(allocator.granted()).front())
    append_bits(runs, chunk.words, number * Innards::kChunkBits);
  return BlockSet(std::move(runs));
}

std::uint64_t wrong_marks(const impl::SpaceAllocator& allocator, std::uint64_t blocks) {
  const Block wrong = wrong_summaries(allocator.granted());
  const auto free = [&] { return free_runs(granted_blocks(allocator), blocks); };
  if (const auto* extents = Innards::own<impl::ExtentAllocator>(allocator))
    return wrong + wrong_index_of(*extents, free());
  if (const auto* buddies = Innards::own<impl::BuddyAllocator>(allocator))
    return wrong + wrong_index_of(*buddies, free());
  return wrong;
}

}  // namespace quire::props
