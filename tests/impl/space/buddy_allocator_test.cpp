// The buddy allocator: which blocks it splits and merges, as a plain search over all blocks finds.
#include "impl/space/buddy_allocator.h"
#include "tests/impl/space/allocator_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace quire::tests {
namespace {

using impl::BuddyAllocator;
using Extents = std::vector<Extent>;

TEST(BuddyAllocator, GrantsFromTheSmallestBlockThatHoldsAll) {
  BuddyAllocator allocator{64};
  ASSERT_TRUE(allocator.mark_used({0, 8}));
  ASSERT_TRUE(allocator.mark_used({63, 1}));  // left: 8..16, 16..32, 32..48, 48..56, 56..60, ...
  EXPECT_EQ(grant(allocator, 3, 0), (Extent{56, 3})) << "a block of 4";
  EXPECT_EQ(grant(allocator, 1, 0), (Extent{59, 1})) << "the rest of it";
  EXPECT_EQ(grant(allocator, 5, 0), (Extent{8, 5}));
  EXPECT_EQ(grant(allocator, 7, 20), (Extent{20, 7})) << "at the goal";
  EXPECT_EQ(grant(allocator, 16, 0), (Extent{32, 16}));
}

TEST(BuddyAllocator, GrantsTheLargestBlocksAndTheirNeighboursWhereNoneHoldsAll) {
  BuddyAllocator allocator{24};
  ASSERT_TRUE(allocator.mark_used({0, 1}));
  ASSERT_TRUE(allocator.mark_used({12, 1}));  // left: 1, 2..4, 4..8, 8..12, 13, 14..16, 16..24
  EXPECT_EQ(
      grants(allocator, {.want = 20, .goal = 0}, 8), (Extents{{16, 8}, {4, 8}, {14, 2}, {2, 2}}));
}

TEST(BuddyAllocator, OnADeviceOfAnySizeIsARowOfBlocks) {
  BuddyAllocator allocator{100};  // 64, 32 and 4
  EXPECT_EQ(grant(allocator, 4, 100), (Extent{96, 4}));
  EXPECT_EQ(grant(allocator, 20, 100), (Extent{64, 20}));
  EXPECT_EQ(grant(allocator, 40, 100), (Extent{0, 40}));
}

TEST(BuddyAllocator, MergesBuddiesAlone) {
  BuddyAllocator allocator{16};
  ASSERT_TRUE(allocator.mark_used({0, 16}));
  allocator.release({4, 4});
  allocator.release({8, 4});  // neighbours, and no buddies
  EXPECT_EQ(grants(allocator, {.want = 8, .goal = 0, .minimum = 8}, 1), Extents{});
  allocator.release({12, 4});
  EXPECT_EQ(grants(allocator, {.want = 8, .goal = 0, .minimum = 8}, 1), (Extents{{8, 8}}));
}

TEST(BuddyAllocator, AlignsToTheSizeOfABlock) {
  BuddyAllocator allocator{1 << 20};
  ASSERT_TRUE(allocator.mark_used({0, 1}));
  EXPECT_EQ(
      grants(allocator, {.want = 3, .minimum = 3, .alignment = 4096}, 1), (Extents{{4096, 3}}));
  EXPECT_EQ(
      grants(allocator, {.want = 3, .minimum = 3, .alignment = 1 << 19}, 1),
      (Extents{{1 << 19, 3}}));
  EXPECT_EQ(grants(allocator, {.want = 3, .minimum = 3, .alignment = 1 << 20}, 1), Extents{});
}

/// Whether blocks [start, start + size) lie on the device, free.
bool is_free(const std::vector<bool>& granted, std::uint64_t start, std::uint64_t size) {
  for (std::uint64_t b = start; b < start + size; ++b)
    if (b >= granted.size() || granted[b]) return false;
  return true;
}

/// The first block of this size from the goal on, and else of all, that is free and whose parent is
/// not.
std::optional<std::uint64_t> buddy_block(
    const std::vector<bool>& granted, std::uint64_t size, std::uint64_t goal) {
  std::optional<std::uint64_t> first;
  for (std::uint64_t start = 0; start < granted.size(); start += size) {
    if (!is_free(granted, start, size)) continue;
    if (is_free(granted, start / (2 * size) * (2 * size), 2 * size)) continue;
    if (start >= goal) return start;
    if (!first) first = start;
  }
  return first;
}

/// One extent as a buddy allocator grants it; of no length where it grants none.
Extent buddy_fit(const std::vector<bool>& granted, const AllocationRequest& request) {
  const std::uint64_t blocks = granted.size();
  std::uint64_t at = request.goal;
  while (at < blocks && !granted[at] && at % request.alignment != 0) ++at;
  std::uint64_t end = at;
  while (end < blocks && !granted[end] && end - at < request.want) ++end;
  if (end - at >= request.minimum) return {at, end - at};
  for (std::uint64_t size = std::bit_ceil(std::max(request.want, request.alignment));
       size <= std::bit_ceil(blocks); size *= 2)
    if (const auto start = buddy_block(granted, size, request.goal)) return {*start, request.want};
  for (std::uint64_t size = std::bit_floor(blocks); size != 0; size /= 2) {
    const auto start = buddy_block(granted, size, request.goal);
    if (!start) continue;
    if (size < std::bit_ceil(std::max(request.minimum, request.alignment))) return {0, 0};
    end = *start;
    while (end < blocks && !granted[end] && end - *start < request.want) ++end;
    return {*start, end - *start};
  }
  return {0, 0};
}

TEST(BuddyAllocator, PlacesAsASearchOverAllBlocksDoes) {
  for (const std::uint64_t blocks : {1, 7, 63, 64, 65, 191, 500, 1025})
    expect_places<BuddyAllocator>(blocks, 2000, buddy_fit);
}

}  // namespace
}  // namespace quire::tests
