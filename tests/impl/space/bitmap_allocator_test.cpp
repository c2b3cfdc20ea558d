// The bitmap allocator: the extents that it grants, at the edges of its words too, and wrong calls.
#include "impl/space/bitmap_allocator.h"
#include "tests/impl/space/allocator_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <optional>
#include <random>
#include <vector>

namespace quire::tests {
namespace {

using impl::BitmapAllocator;

TEST(BitmapAllocator, IsAllFreeAtFirst) {
  const BitmapAllocator allocator{100};
  EXPECT_EQ(allocator.blocks(), 100u);
  EXPECT_EQ(counts(allocator), (Counts{100, 0}));
}

TEST(BitmapAllocator, ReservesAllOrNothing) {
  BitmapAllocator allocator{100};
  EXPECT_TRUE(allocator.reserve(60));
  EXPECT_FALSE(allocator.reserve(41));
  EXPECT_EQ(counts(allocator), (Counts{40, 60}));
  EXPECT_TRUE(allocator.reserve(40));
  EXPECT_TRUE(allocator.reserve(0));
  EXPECT_EQ(counts(allocator), (Counts{0, 100}));
  allocator.unreserve(100);
  EXPECT_EQ(counts(allocator), (Counts{100, 0}));
}

TEST(BitmapAllocator, GrantsAcrossWords) {
  BitmapAllocator allocator{256};
  EXPECT_EQ(grant(allocator, 3, 63), (Extent{63, 3}));
  EXPECT_EQ(grant(allocator, 130, 66), (Extent{66, 130}));
  EXPECT_EQ(allocator.free_blocks(), 256u - 133);
}

TEST(BitmapAllocator, GrantsTheWholeDevice) {
  for (const std::uint64_t blocks : {1, 63, 64, 65, 127, 128, 129, 1000}) {
    BitmapAllocator allocator{blocks};
    EXPECT_EQ(grant(allocator, blocks, 0), (Extent{0, blocks}));
    EXPECT_EQ(counts(allocator), (Counts{0, 0}));
    EXPECT_FALSE(allocator.reserve(1));
  }
}

TEST(BitmapAllocator, GrantsAndTakesBackTheLastBlock) {
  for (const std::uint64_t blocks : {1, 63, 64, 65, 127, 128, 129}) {
    BitmapAllocator allocator{blocks};
    EXPECT_EQ(grant(allocator, 1, blocks - 1), (Extent{blocks - 1, 1}));
    allocator.release({blocks - 1, 1});
    EXPECT_EQ(allocator.free_blocks(), blocks);
    EXPECT_EQ(grant(allocator, 1, blocks - 1), (Extent{blocks - 1, 1}));
  }
}

TEST(BitmapAllocator, StopsAtTheEndOfTheDeviceAndGoesOnFromItsStart) {
  BitmapAllocator allocator{70};
  EXPECT_EQ(grant(allocator, 10, 65), (Extent{65, 5}));
  EXPECT_EQ(grant(allocator, 10, 65), (Extent{0, 10}));
}

TEST(BitmapAllocator, StopsAtAGrantedBlock) {
  for (const std::uint64_t wall : {1, 62, 63, 64, 65, 127, 128}) {
    BitmapAllocator allocator{200};
    ASSERT_EQ(grant(allocator, 1, wall), (Extent{wall, 1}));
    EXPECT_EQ(grant(allocator, 150, 0), (Extent{0, wall}));
    EXPECT_EQ(grant(allocator, 150 - wall, 0), (Extent{wall + 1, 150 - wall}));
  }
}

TEST(BitmapAllocator, CountsAGoalBehindTheDeviceAsZero) {
  BitmapAllocator allocator{64};
  EXPECT_EQ(grant(allocator, 1, 64), (Extent{0, 1}));
  EXPECT_EQ(grant(allocator, 1, ~std::uint64_t{0}), (Extent{1, 1}));
}

TEST(BitmapAllocator, TakesBackAPartOfAnExtent) {
  BitmapAllocator allocator{128};
  ASSERT_EQ(grant(allocator, 128, 0), (Extent{0, 128}));
  allocator.release({60, 8});
  EXPECT_EQ(counts(allocator), (Counts{8, 0}));
  EXPECT_EQ(grant(allocator, 8, 0), (Extent{60, 8}));
}

/// A device of `blocks` on which each of `used` is granted.
BitmapAllocator with_used(std::uint64_t blocks, std::initializer_list<Extent> used) {
  BitmapAllocator allocator{blocks};
  for (const Extent& extent : used) EXPECT_TRUE(allocator.mark_used(extent));
  return allocator;
}

TEST(BitmapAllocator, GrantsSeveralExtents) {
  using Extents = std::vector<Extent>;
  BitmapAllocator allocator = with_used(100, {{10, 5}, {20, 70}});
  EXPECT_EQ(
      grants(allocator, {.want = 25, .goal = 5}, 8), (Extents{{5, 5}, {15, 5}, {90, 10}, {0, 5}}));
  EXPECT_EQ(allocator.free_blocks(), 0u);
  allocator.release({0, 100});
  EXPECT_EQ(grants(allocator, {.want = 40}, 2), (Extents{{0, 40}}));
}

TEST(BitmapAllocator, KeepsTheMinimumAndTheAlignment) {
  using Extents = std::vector<Extent>;
  BitmapAllocator allocator = with_used(100, {{10, 5}, {20, 5}, {41, 1}, {64, 1}});
  const std::uint64_t free_before = allocator.free_blocks();
  EXPECT_EQ(grants(allocator, {.want = 36, .minimum = 36}, 4), Extents{});
  EXPECT_EQ(grants(allocator, {.want = 9, .minimum = 9, .alignment = 16}, 4), (Extents{{0, 9}}));
  EXPECT_EQ(grants(allocator, {.want = 9, .minimum = 9, .alignment = 16}, 4), (Extents{{32, 9}}));
  EXPECT_EQ(grants(allocator, {.want = 9, .minimum = 9, .alignment = 16}, 4), (Extents{{48, 9}}));
  EXPECT_EQ(
      grants(allocator, {.want = 9, .goal = 49, .minimum = 9, .alignment = 16}, 4),
      (Extents{{80, 9}}));
  EXPECT_EQ(grants(allocator, {.want = 9, .minimum = 9, .alignment = 16}, 4), Extents{});
  EXPECT_EQ(grants(allocator, {.want = 1, .alignment = std::uint64_t{1} << 63}, 4), Extents{});
  EXPECT_EQ(grants(allocator, {.want = 11, .minimum = 5}, 4), (Extents{{15, 5}, {25, 6}}));
  EXPECT_EQ(allocator.free_blocks(), free_before - 4 * 9 - 11);
}

TEST(BitmapAllocator, MarksWhatIsFreeAlone) {
  BitmapAllocator allocator = with_used(100, {{10, 5}, {99, 1}});
  EXPECT_FALSE(allocator.mark_used({14, 2}));
  EXPECT_FALSE(allocator.mark_used({95, 6}));
  EXPECT_EQ(counts(allocator), (Counts{94, 0}));
  ASSERT_TRUE(allocator.reserve(90));
  EXPECT_FALSE(allocator.mark_used({20, 5})) << "blocks that are reserved";
  EXPECT_TRUE(allocator.mark_used({20, 4}));
  EXPECT_EQ(allocate(allocator, 90, 20), (Extent{24, 75}));
}

TEST(BitmapAllocator, PassesOverTheWrongPartOfACall) {
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  BitmapAllocator allocator{70};
  allocator.release({0, 70});
  EXPECT_EQ(counts(allocator), (Counts{70, 0})) << "freed free blocks";
  ASSERT_EQ(grant(allocator, 10, 60), (Extent{60, 10}));
  allocator.release({68, kHuge});
  EXPECT_EQ(counts(allocator), (Counts{62, 0})) << "freed past the end";
  allocator.release({kHuge, kHuge});
  EXPECT_EQ(counts(allocator), (Counts{62, 0})) << "freed behind the end";
  EXPECT_EQ(allocate(allocator, 1, 0), std::nullopt) << "granted blocks that were not reserved";
  ASSERT_TRUE(allocator.reserve(2));
  EXPECT_EQ(allocate(allocator, 0, 0), std::nullopt);
  EXPECT_EQ(allocate(allocator, kHuge, 0), (Extent{0, 2}));
  ASSERT_TRUE(allocator.reserve(2));
  allocator.unreserve(kHuge);
  EXPECT_EQ(counts(allocator), (Counts{60, 0})) << "unreserved more blocks than were reserved";
}

TEST(BitmapAllocator, OfNoBlocksGrantsNothing) {
  BitmapAllocator allocator{0};
  EXPECT_TRUE(allocator.reserve(0));
  EXPECT_FALSE(allocator.reserve(1));
  EXPECT_EQ(allocate(allocator, 1, 0), std::nullopt);
  allocator.release({0, 1});
  EXPECT_EQ(counts(allocator), (Counts{0, 0}));
}

/// First fit, one block at a time.
Extent first_fit(const std::vector<bool>& granted, std::uint64_t want, std::uint64_t goal) {
  std::uint64_t start = goal;
  while (granted[start]) start = (start + 1) % granted.size();
  std::uint64_t end = start;
  while (end < granted.size() && end - start < want && !granted[end]) ++end;
  return {start, end - start};
}

TEST(BitmapAllocator, PlacesAsFirstFitDoes) {
  std::mt19937_64 random(20);
  for (const std::uint64_t blocks : {1, 7, 64, 65, 128, 191, 500, 4096, 4200, 9000}) {
    BitmapAllocator allocator{blocks};
    std::vector<bool> granted(blocks, false);
    for (int step = 0; step < 4000; ++step) {
      const std::uint64_t at = random() % blocks;
      const std::uint64_t length =
          1 + random() % std::min(blocks - at, blocks > 4000 ? blocks : 90);
      if (random() % 3 == 0) {
        allocator.release({at, length});
        for (std::uint64_t b = at; b < at + length; ++b) granted[b] = false;
      } else if (allocator.reserve(length)) {
        const Extent expected = first_fit(granted, length, at);
        ASSERT_EQ(allocate(allocator, length, at), expected)
            << "blocks " << blocks << " step " << step;
        allocator.unreserve(length - expected.length);
        for (std::uint64_t b = expected.start; b < expected.end(); ++b) granted[b] = true;
      }
      const auto used =
          static_cast<std::uint64_t>(std::count(granted.begin(), granted.end(), true));
      ASSERT_EQ(counts(allocator), (Counts{blocks - used, 0}));
    }
  }
}

TEST(BitmapAllocator, GrantsAllExtentsOfACallOrNone) {
  CountedMemory memory;
  BitmapAllocator allocator{std::uint64_t{1} << 40, memory};
  constexpr std::uint64_t kFar = 1 << 20;
  ASSERT_TRUE(allocator.mark_used({0, 2}));
  ASSERT_TRUE(allocator.mark_used({4, kFar - 4}));
  ASSERT_TRUE(allocator.reserve(4));
  std::vector<Extent> extents(4);
  memory.refused_request = memory.requests;  // the second extent needs memory, the first does not
  EXPECT_THROW((void)allocator.allocate({.want = 4}, extents), std::bad_alloc);
  EXPECT_EQ(allocator.reserved_blocks(), 4u);
  EXPECT_EQ(allocator.find_ungranted(0, kFar), 2u);
  EXPECT_EQ(allocator.allocate({.want = 4}, extents), 2u);
}

TEST(BitmapAllocator, TakesMemoryForGrantedBlocksWhateverTheSizeOfTheDevice) {
  for (const std::uint64_t blocks : {std::uint64_t{1} << 40, std::uint64_t{1} << 50, kMostBlocks}) {
    CountedMemory memory;
    BitmapAllocator allocator{blocks, memory};
    ASSERT_TRUE(allocator.reserve(blocks));
    EXPECT_EQ(memory.requests, 0u) << "a device that is not used";
    EXPECT_EQ(allocate(allocator, 1000, blocks / 2), (Extent{blocks / 2, 1000}));
    EXPECT_EQ(allocate(allocator, 1000, blocks - 10), (Extent{blocks - 10, 10}));
    EXPECT_EQ(allocate(allocator, 1 << 20, 0), (Extent{0, 1 << 20}));
    EXPECT_EQ(allocate(allocator, 1, 5), (Extent{1 << 20, 1}));
    EXPECT_LT(memory.bytes, (1 << 20) / 4096 * 700 + 10 * 700) << "a bit a block, and some";
    const std::uint64_t free_before = allocator.free_blocks();
    memory.refused_request = memory.requests;  // the rest takes none
    allocator.unreserve(allocator.reserved_blocks());
    allocator.release({0, blocks});
    EXPECT_EQ(free_before, 0u);
    EXPECT_EQ(counts(allocator), (Counts{blocks, 0}));
    EXPECT_EQ(memory.bytes, 0u) << "memory for free blocks";
  }
}

TEST(BitmapAllocator, PassesOverFullPartsOfALargeDevice) {
  constexpr std::uint64_t kFull = 3 << 24;  // more than one summary of the map
  CountedMemory memory;
  BitmapAllocator allocator{std::uint64_t{1} << 50, memory};
  ASSERT_TRUE(allocator.reserve(allocator.blocks()));
  ASSERT_EQ(allocate(allocator, kFull, 0), (Extent{0, kFull}));
  for (std::uint64_t next = kFull; next < kFull + 100; ++next) {
    ASSERT_EQ(allocate(allocator, 1, next % 5000), (Extent{next, 1}));
  }
  for (const std::uint64_t hole :
       {std::uint64_t{1} << 24, (std::uint64_t{2} << 24) - 1, std::uint64_t{4095},
        std::uint64_t{4096}}) {
    allocator.release({hole, 1});
    ASSERT_EQ(allocate(allocator, 7, 0), (Extent{hole, 1}));
  }
}

TEST(BitmapAllocator, ChangesNothingWhereThereIsNoMemory) {
  CountedMemory memory;
  BitmapAllocator allocator{std::uint64_t{1} << 40, memory};
  // The last two grants fill chunks of the map, and a chunk of its summary.
  const std::uint64_t ends[] = {
      10, 100'000, (std::uint64_t{1} << 24) - 4096, std::uint64_t{1} << 24,
      (std::uint64_t{1} << 24) + 9000};
  std::uint64_t start = 0;
  std::size_t refusals = 0;
  for (const std::uint64_t end : ends) {
    ASSERT_TRUE(allocator.reserve(end - start));
    for (std::size_t n = 0;; ++n) {
      memory.refused_request = memory.requests + n;
      const Counts before = counts(allocator);
      const std::size_t bytes_before = memory.bytes;
      try {
        ASSERT_EQ(allocate(allocator, end - start, 0), (Extent{start, end - start}));
        break;
      } catch (const std::bad_alloc&) {
        ++refusals;
        n += n / 8;  // the first ones, and of many some
        ASSERT_EQ(counts(allocator), before);
        ASSERT_EQ(memory.bytes, bytes_before);
        ASSERT_EQ(allocator.find_granted(start, allocator.blocks()), allocator.blocks());
        ASSERT_EQ(allocator.find_ungranted(0, allocator.blocks()), start);
      }
    }
    start = end;
  }
  EXPECT_GE(refusals, 30u);
}

}  // namespace
}  // namespace quire::tests
