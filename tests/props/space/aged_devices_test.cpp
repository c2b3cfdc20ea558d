// Faults that show on devices that are large, old or nearly full alone: the laws find each, within
// the cases of one run.
#include "impl/space/bitmap_allocator.h"
#include "props/space/allocator_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

namespace quire::props {
namespace {

using Sound = impl::BitmapAllocator;

/// What RapidCheck prints of the smallest case that breaks a law; empty if none of 2000 does.
template <BlockAllocator A>
std::string refutation(int seed) {
  rc::detail::TestParams params;
  params.seed = static_cast<std::uint64_t>(seed);
  params.maxSuccess = 2000;
  const auto result = rc::detail::checkTestable(
      [] { check_allocator_laws<A>(); }, rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  if (result.template is<rc::detail::FailureResult>()) printResultMessage(result, text);
  return text.str();
}

/// Each of five seeds finds the fault, as one of this law.
template <BlockAllocator A>
void expect_refuted(const spec::ClauseText& law) {
  for (int seed = 1; seed <= 5; ++seed) {
    const std::string text = refutation<A>(seed);
    EXPECT_NE(text.find(law.says), std::string::npos) << "seed " << seed << ": " << text;
  }
}

TEST(AgedDevices, ASoundAllocatorHolds) { EXPECT_EQ(refutation<Sound>(1), ""); }

/// The word that sums up the words of a bitmap is right for the first 4096 blocks alone.
struct SeesTheFirstWords : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    auto extent = Sound::allocate(want, goal);
    if (!extent || extent->start < 4096) return extent;
    // It looks again, from the first block on.
    Sound::free(*extent);
    (void)Sound::reserve(extent->length);
    extent = Sound::allocate(want, 0);
    if (!extent || extent->start < 4096) return extent;
    Sound::free(*extent);
    (void)Sound::reserve(extent->length);
    return std::nullopt;
  }
};
TEST(AgedDevices, FindOneThatSeesTheFirstWordsAlone) {
  expect_refuted<SeesTheFirstWords>(kKeepsPromises);
}

struct LosesABlockPast256 : Sound {
  using Sound::Sound;
  void free(Extent extent) {
    if (extent.start <= 256 && 256 < extent.end() - 1) --extent.length;
    Sound::free(extent);
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
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    ++calls;
    return Sound::allocate(want, goal);
  }
  void free(Extent extent) {
    if (++calls > 200) --extent.length;
    if (extent.length != 0) Sound::free(extent);
  }
  int calls = 0;
};
TEST(AgedDevices, FindOneThatLosesABlockAfter200Calls) {
  expect_refuted<LosesABlockAfter200Calls>(kGivesBackExactly);
}

/// A table of its grants has 15 places.
struct LosesABlockWithMoreThan15Grants : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    ++grants;
    return Sound::allocate(want, goal);
  }
  void free(Extent extent) {
    if (grants > 15) --extent.length;
    --grants;
    if (extent.length != 0) Sound::free(extent);
  }
  int grants = 0;
};
TEST(AgedDevices, FindOneThatKnowsFifteenGrants) {
  expect_refuted<LosesABlockWithMoreThan15Grants>(kGivesBackExactly);
}

struct FailsWhenFull : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    if (blocks() > 150 && free_blocks() == 0 && reserved_blocks() == 1) return std::nullopt;
    return Sound::allocate(want, goal);
  }
};
TEST(AgedDevices, FindOneThatFailsAtTheLastBlock) { expect_refuted<FailsWhenFull>(kKeepsPromises); }

TEST(AgedDevices, AnAgeingIsToldByItsSeedAndItsLastCalls) {
  const std::string text = refutation<LosesABlockAfter200Calls>(1);
  EXPECT_NE(text.find("an ageing of "), std::string::npos) << text;
  EXPECT_NE(text.find(" calls before these"), std::string::npos) << text;
}

}  // namespace
}  // namespace quire::props
