// A fork's extents: joined, cut, split, and the promises for their index.
#include "ref/linux/xfs/extent_list.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>

namespace quire::ref::xfs {
namespace {

Extent delayed(std::uint64_t start, std::uint64_t count, std::uint64_t index) {
  return {start, count, ExtentState::delayed, 0, index};
}
Extent real(
    std::uint64_t start, std::uint64_t count, ExtentState state, std::uint64_t device_block) {
  return {start, count, state, device_block, 0};
}

const IndexShape kSmall{.records_per_block = 4, .levels_max = 3};

TEST(XfsExtentList, WorstIndexTakesABlockOnEveryLevel) {
  EXPECT_EQ(worst_index_blocks(kSmall, 1), 3U);    // 1 1 1
  EXPECT_EQ(worst_index_blocks(kSmall, 4), 3U);    // 1 1 1
  EXPECT_EQ(worst_index_blocks(kSmall, 5), 4U);    // 2 1 1
  EXPECT_EQ(worst_index_blocks(kSmall, 65), 24U);  // 17 5 2
}

TEST(XfsExtentList, NeighboursOfOneStateAreJoined) {
  ExtentList list(kSmall);
  EXPECT_EQ(list.insert(delayed(0, 2, 3)), 0U);
  EXPECT_EQ(list.insert(delayed(4, 2, 3)), 0U);
  // Three extents with 3 promises each become one of 6 blocks, which needs 4.
  EXPECT_EQ(list.insert(delayed(2, 2, 3)), 5U);
  ASSERT_EQ(list.extents().size(), 1U);
  EXPECT_EQ(list.index_blocks(), 4U);
  EXPECT_EQ(list.delayed_blocks(), 6U);
}

TEST(XfsExtentList, OnlyContiguousExtentsAreJoined) {
  ExtentList list(kSmall);
  list.insert(real(0, 2, ExtentState::written, 10));
  list.insert(real(2, 2, ExtentState::written, 12));
  EXPECT_EQ(list.extents().size(), 1U);
  list.insert(real(4, 2, ExtentState::unwritten, 14));
  EXPECT_EQ(list.extents().size(), 2U);
  list.insert(real(6, 2, ExtentState::unwritten, 17));
  EXPECT_EQ(list.extents().size(), 3U);
}

TEST(XfsExtentList, NoExtentGrowsBeyondTheLongest) {
  ExtentList list(kSmall);
  list.insert(real(0, spec::kExtentMax, ExtentState::written, 0));
  list.insert(real(spec::kExtentMax, 1, ExtentState::written, spec::kExtentMax));
  EXPECT_EQ(list.extents().size(), 2U);
}

TEST(XfsExtentList, AHoleInADelayedExtentTakesOverMissingPromises) {
  ExtentList list(kSmall);
  list.insert(delayed(0, 12, 5));  // worst case of 12: 3 + 1 + 1
  const Removed removed = list.remove(5, 2, Shortage::take_over);
  // Both parts of 5 need 4: 3 more than 5, and only 2 blocks can be taken over.
  EXPECT_EQ(removed.taken_over, 2U);
  EXPECT_EQ(removed.index_blocks, 0U);
  EXPECT_EQ(list.index_blocks(), 7U);
  EXPECT_EQ(list.delayed_blocks(), 10U);
}

TEST(XfsExtentList, APartThatIsConvertedIsNotTakenOver) {
  ExtentList list(kSmall);
  list.insert(delayed(0, 12, 5));
  const Removed removed = list.remove(5, 2, Shortage::share);
  EXPECT_EQ(removed.taken_over, 0U);
  EXPECT_EQ(list.index_blocks(), 5U);
}

TEST(XfsExtentList, EveryChangeMovesTheSequence) {
  ExtentList list(kSmall);
  std::uint64_t before = list.sequence();
  const auto moved = [&] { return std::exchange(before, list.sequence()) != list.sequence(); };
  list.insert(real(0, 4, ExtentState::unwritten, 10));
  EXPECT_TRUE(moved());
  list.mark_written(1, 1);
  EXPECT_TRUE(moved());
  list.remove(3, 1, Shortage::share);
  EXPECT_TRUE(moved());
  list.remove(100, 1, Shortage::share);
  EXPECT_FALSE(moved());
}

TEST(XfsExtentList, AgreesWithATableOfBlocksAfterAnyChanges) {
  struct Cell {
    ExtentState state;
    std::uint64_t device_block;
    bool operator==(const Cell&) const = default;
  };
  std::mt19937_64 random(7);
  ExtentList list(kSmall);
  std::map<std::uint64_t, Cell> table;
  std::uint64_t promised = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t start = random() % 60;
    const std::uint64_t count = 1 + random() % 12;
    const auto first = table.lower_bound(start);
    const bool is_free = first == table.end() || start + count <= first->first;
    if (random() % 2 == 0 && is_free) {
      const auto state = static_cast<ExtentState>(random() % 3);
      const bool is_real = state != ExtentState::delayed;
      // Device blocks follow the file, now and then elsewhere, so that some neighbours join.
      const std::uint64_t device_block = is_real ? start + (random() % 4 == 0 ? 1000 : 100) : 0;
      const std::uint64_t index = is_real ? 0 : worst_index_blocks(kSmall, count);
      promised += index;
      promised -= list.insert({start, count, state, device_block, index});
      for (std::uint64_t b = 0; b < count; ++b) {
        table[start + b] = {state, is_real ? device_block + b : 0};
      }
    } else if (random() % 3 != 0) {
      const Removed removed = list.remove(start, count, Shortage::take_over);
      promised += removed.taken_over;
      promised -= removed.index_blocks;
      std::map<std::uint64_t, Cell> gone;
      for (const Extent& extent : removed.extents) {
        for (std::uint64_t b = 0; b < extent.count; ++b) {
          gone[extent.start + b] = {extent.state, extent.is_real() ? extent.device_block + b : 0};
        }
      }
      const auto last = table.lower_bound(start + count);
      const auto from = table.lower_bound(start);
      EXPECT_TRUE((gone == std::map<std::uint64_t, Cell>(from, last)));
      table.erase(from, last);
    } else if (table.contains(start) && table[start].state != ExtentState::delayed) {
      list.mark_written(start, 1);
      table[start].state = ExtentState::written;
    }
    std::map<std::uint64_t, Cell> seen;
    const Extent* previous = nullptr;
    for (const auto& [at, extent] : list.extents()) {
      EXPECT_EQ(at, extent.start);
      EXPECT_TRUE(previous == nullptr || previous->end() <= extent.start);
      EXPECT_LE(extent.index_blocks, worst_index_blocks(kSmall, extent.count));
      for (std::uint64_t b = 0; b < extent.count; ++b) {
        seen[at + b] = {extent.state, extent.is_real() ? extent.device_block + b : 0};
      }
      previous = &extent;
    }
    ASSERT_TRUE(seen == table) << "after change " << i;
    ASSERT_EQ(list.index_blocks(), promised);
    const Extent* const found = list.at_or_after(start);
    const auto expected = table.lower_bound(start);
    ASSERT_EQ(found == nullptr, expected == table.end());
    ASSERT_TRUE(found == nullptr || found->covers(expected->first));
  }
}

}  // namespace
}  // namespace quire::ref::xfs
