// Faults that show on devices that are large, old or nearly full alone: the laws find each, within
// the cases of one run.
#include "impl/space/bitmap_allocator.h"
#include "tests/props/space/refutation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace quire::props {
namespace {

/// One that declares where it grants would be refuted by that.
struct Sound : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  static constexpr bool honours_goal = false, finds_runs = false;
};

TEST(AgedDevices, ASoundAllocatorHolds) { EXPECT_EQ(refutation(kind_of<Sound>("sound"), 1), ""); }

/// The word that sums up the words of a bitmap is right for the first 4096 blocks alone.
struct SeesTheFirstWords : Sound {
  using Sound::Sound;
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    const std::size_t n = Sound::allocate(request, extents.first(1));
    if (n == 0 || extents[0].start < 4096 || request.minimum > 1 || request.alignment > 1) return n;
    Sound::release(extents[0]);
    (void)Sound::reserve(extents[0].length);
    if (find_ungranted(0, std::min<std::uint64_t>(blocks(), 4096)) >= 4096) return 0;
    return Sound::allocate({.want = request.want}, extents.first(1));
  }
};
TEST(AgedDevices, FindOneThatSeesTheFirstWordsAlone) {
  expect_refuted<SeesTheFirstWords>(kKeepsPromises);
}

struct LosesABlockPast256 : Sound {
  using Sound::Sound;
  void release(Extent extent) {
    if (extent.start <= 256 && 256 < extent.end() - 1) --extent.length;
    Sound::release(extent);
  }
};
TEST(AgedDevices, FindOneThatLosesABlockPast256) {
  expect_refuted<LosesABlockPast256>(kGivesBackExactly);
}

struct LosesABlockAfter200Calls : Sound {
  using Sound::Sound;
  bool reserve(std::uint64_t n) {
    ++calls;
    return Sound::reserve(n);
  }
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    ++calls;
    return Sound::allocate(request, extents);
  }
  void release(Extent extent) {
    if (++calls > 200) --extent.length;
    if (extent.length != 0) Sound::release(extent);
  }
  int calls = 0;
};
TEST(AgedDevices, FindOneThatLosesABlockAfter200Calls) {
  expect_refuted<LosesABlockAfter200Calls>(kGivesBackExactly);
}

/// A table of its grants has 15 places.
struct LosesABlockWithMoreThan15Grants : Sound {
  using Sound::Sound;
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    ++grants;
    return Sound::allocate(request, extents);
  }
  void release(Extent extent) {
    if (grants > 15) --extent.length;
    --grants;
    if (extent.length != 0) Sound::release(extent);
  }
  int grants = 0;
};
TEST(AgedDevices, FindOneThatKnowsFifteenGrants) {
  expect_refuted<LosesABlockWithMoreThan15Grants>(kGivesBackExactly);
}

struct FailsWhenFull : Sound {
  using Sound::Sound;
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    if (blocks() > 150 && free_blocks() == 0 && reserved_blocks() == 1) return 0;
    return Sound::allocate(request, extents);
  }
};
TEST(AgedDevices, FindOneThatFailsAtTheLastBlock) { expect_refuted<FailsWhenFull>(kKeepsPromises); }

TEST(AgedDevices, AnAgeingIsToldByItsSeedAndItsLastCalls) {
  const std::string text = refutation(kind_of<LosesABlockAfter200Calls>("broken"), 1);
  EXPECT_NE(text.find("an ageing of "), std::string::npos) << text;
  EXPECT_NE(text.find(" calls before these"), std::string::npos) << text;
}

}  // namespace
}  // namespace quire::props
