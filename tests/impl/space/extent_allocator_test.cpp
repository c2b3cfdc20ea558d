// The extent allocator: best fit near the goal, as a plain search over all runs finds it.
#include "impl/space/extent_allocator.h"
#include "tests/impl/space/allocator_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace quire::tests {
namespace {

using impl::ExtentAllocator;
using Extents = std::vector<Extent>;

void use(ExtentAllocator& allocator, std::initializer_list<Extent> used) {
  for (const Extent& extent : used) ASSERT_TRUE(allocator.mark_used(extent));
}

TEST(ExtentAllocator, TakesTheSmallestRunThatHoldsAllThatIsWanted) {
  ExtentAllocator allocator{100};
  use(allocator, {{20, 1}, {31, 1}, {37, 1}, {50, 1}});  // runs of 20, 10, 5, 12 and 49
  EXPECT_EQ(grant(allocator, 5, 20), (Extent{32, 5}));
  EXPECT_EQ(grant(allocator, 5, 20), (Extent{21, 5}));
  EXPECT_EQ(grant(allocator, 12, 20), (Extent{38, 12}));
  EXPECT_EQ(grant(allocator, 5, 20), (Extent{26, 5}));
  EXPECT_EQ(grant(allocator, 21, 20), (Extent{51, 21}));
}

TEST(ExtentAllocator, TakesTheLongestRunWhereNoneHoldsAll) {
  ExtentAllocator allocator{64};
  use(allocator, {{20, 1}, {51, 1}});  // runs of 20, 30 and 12
  EXPECT_EQ(grants(allocator, {.want = 60, .goal = 20}, 2), (Extents{{21, 30}, {0, 20}}));
  EXPECT_EQ(grants(allocator, {.want = 12, .goal = 20}, 2), (Extents{{52, 12}}));
}

TEST(ExtentAllocator, TakesTheFirstFromTheGoalOnOfRunsOfOneLength) {
  ExtentAllocator allocator{30};
  use(allocator, {{0, 1}, {6, 2}, {13, 2}, {20, 2}, {27, 3}});  // four runs of 5
  EXPECT_EQ(grant(allocator, 4, 14), (Extent{15, 4}));
  EXPECT_EQ(grant(allocator, 5, 27), (Extent{1, 5}));
}

TEST(ExtentAllocator, FindsAnAlignedPartInAnyRun) {
  ExtentAllocator allocator{200};
  use(allocator, {{0, 65}, {75, 60}, {143, 57}});  // [65, 75) and [135, 143)
  EXPECT_EQ(grants(allocator, {.want = 8, .minimum = 8, .alignment = 8}, 1), Extents{});
  EXPECT_EQ(grants(allocator, {.want = 8, .minimum = 3, .alignment = 8}, 1), (Extents{{136, 7}}));
  EXPECT_EQ(grants(allocator, {.want = 8, .minimum = 3, .alignment = 8}, 1), (Extents{{72, 3}}));
}

TEST(ExtentAllocator, JoinsWhatBecomesFree) {
  ExtentAllocator allocator{100};
  use(allocator, {{0, 100}});
  allocator.release({10, 10});
  allocator.release({30, 10});
  allocator.release({20, 10});  // between the two
  allocator.release({40, 5});   // behind
  allocator.release({5, 5});    // before
  EXPECT_EQ(grants(allocator, {.want = 40, .minimum = 40}, 1), (Extents{{5, 40}}));
}

/// A part that fits, of the first block of the run on that is aligned.
Extent part_of(Extent run, std::uint64_t most, const AllocationRequest& request) {
  while (run.length != 0 && run.start % request.alignment != 0) {
    ++run.start;
    --run.length;
  }
  if (run.length < request.minimum) return {0, 0};
  return {run.start, std::min(run.length, most)};
}

/// One extent by best fit, over all runs.
Extent best_fit(const std::vector<bool>& granted, const AllocationRequest& request) {
  const std::uint64_t blocks = granted.size();
  Extents runs;
  for (std::uint64_t b = 0; b < blocks; ++b) {
    if (granted[b]) continue;
    if (b == 0 || granted[b - 1]) runs.push_back({b, 0});
    ++runs.back().length;
  }
  const Extent* best = nullptr;
  Extent best_part{0, 0};
  for (const Extent& run : runs) {
    if (run.start <= request.goal && request.goal < run.end()) {
      const Extent part = part_of({request.goal, run.end() - request.goal}, request.want, request);
      if (part.length != 0) return part;
    }
  }
  for (const Extent& run : runs) {
    const Extent part = part_of(run, request.want, request);
    if (part.length < request.want) continue;
    const bool is_nearer = request.alignment == 1 && best != nullptr &&
                           run.length == best->length && best->start < request.goal &&
                           request.goal <= run.start;
    if (best != nullptr && run.length >= best->length && !is_nearer) continue;
    best = &run;
    best_part = part;
  }
  if (best != nullptr) return best_part;
  for (const Extent& run : runs) {
    const Extent part = part_of(run, request.want, request);
    const bool is_nearer = request.alignment == 1 && best != nullptr &&
                           run.length == best->length && best->start < request.goal &&
                           request.goal <= run.start;
    const bool is_first_by_size = request.alignment != 1 && best != nullptr &&
                                  part.length == best_part.length && run.length >= best->length;
    if (part.length <= best_part.length && !is_first_by_size && !is_nearer) continue;
    best = &run;
    best_part = part;
  }
  return best_part;
}

TEST(ExtentAllocator, PlacesAsBestFitDoes) {
  for (const std::uint64_t blocks : {1, 7, 64, 65, 128, 191, 500, 4200})
    expect_places<ExtentAllocator>(blocks, 3000, best_fit);
}

}  // namespace
}  // namespace quire::tests
