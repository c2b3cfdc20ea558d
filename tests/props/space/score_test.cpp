// What the score card says of allocators that place well, badly or not at all.
#include "props/space/score.h"
#include "impl/space/bitmap_allocator.h"
#include "props/suites/score_card.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace quire::props {
namespace {

/// Whatever the goal, it begins at the start of the device, and grants a block a call.
struct Scatters : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  std::size_t allocate(AllocationRequest request, std::span<Extent> extents) {
    request.want = 1;
    request.goal = 0;
    return BitmapAllocator::allocate(request, extents);
  }
};

struct Aborts : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  std::size_t allocate(const AllocationRequest&, std::span<Extent>) { std::abort(); }
};

struct Refuses : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  std::size_t allocate(const AllocationRequest&, std::span<Extent>) { return 0; }
};

struct Throws : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  std::size_t allocate(const AllocationRequest&, std::span<Extent>) { throw 7; }
};

std::vector<AllocatorScore> scores() {
  const std::vector<AllocatorKind> kinds{
      kind_of<impl::BitmapAllocator>("good"), kind_of<Scatters>("bad"), kind_of<Aborts>("<aborts>"),
      kind_of<Refuses>("refuses"), kind_of<Throws>("throws")};
  return score_allocators(kinds, 1);
}

TEST(ScoreCard, TellsGoodPlacesFromBadOnes) {
  const auto all = scores();
  const AllocatorScore &good = all[0], &bad = all[1];
  ASSERT_EQ(good.why_not, "");
  ASSERT_EQ(bad.why_not, "");
  ASSERT_EQ(good.ageings.size(), 3u);
  ASSERT_EQ(good.nanoseconds.size(), kScoredFullness.size());
  for (std::size_t i = 0; i < good.ageings.size(); ++i) {
    SCOPED_TRACE(good.ageings[i].ageing);
    EXPECT_EQ(bad.ageings[i].blocks_a_grant, 1);
    EXPECT_GT(good.ageings[i].blocks_a_grant, 2);
    EXPECT_LT(good.ageings[i].extents_a_file, bad.ageings[i].extents_a_file);
    EXPECT_LT(good.ageings[i].from_goal, bad.ageings[i].from_goal);
    EXPECT_GE(good.ageings[i].blocks_a_free_run, 1);
  }
}

TEST(ScoreCard, SaysWhyOneCannotBeScored) {
  const auto all = scores();
  EXPECT_TRUE(all[2].why_not.contains("SIGABRT")) << all[2].why_not;
  EXPECT_EQ(all[3].why_not, "it grants none of the blocks that are reserved");
  EXPECT_EQ(all[4].why_not, "it threw what is no std::exception");
  for (std::size_t i = 2; i < all.size(); ++i) EXPECT_TRUE(all[i].ageings.empty());
}

TEST(ScoreCard, SameSeedMakesTheSameAgeings) {
  const std::vector<AllocatorKind> one{kind_of<impl::BitmapAllocator>("good")};
  const auto some = score_allocators(one, 2), again = score_allocators(one, 2);
  const auto other = score_allocators(one, 3);
  EXPECT_EQ(some[0].ageings[2].extents_a_file, again[0].ageings[2].extents_a_file);
  EXPECT_NE(some[0].ageings[2].extents_a_file, other[0].ageings[2].extents_a_file);
}

TEST(ScoreCard, ShowsEachAllocatorInTextAndChart) {
  const auto all = scores();
  const std::string text = score_card(all, 1), chart = score_chart(all);
  EXPECT_TRUE(text.contains("<aborts>: not scored: ")) << text;
  EXPECT_TRUE(text.contains("\n  bad ")) << text;
  EXPECT_TRUE(chart.contains(">good</text>")) << chart;
  EXPECT_FALSE(chart.contains("aborts")) << chart;
}

}  // namespace
}  // namespace quire::props
