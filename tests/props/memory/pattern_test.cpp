// The pattern of buffers: never zero, never poison, and the same from any start.
#include "props/memory/pattern.h"

#include "props/memory/poison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::tests {
namespace {

using namespace props;

TEST(Pattern, IsNeverZeroNorPoison) {
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    std::array<int, 256> seen{};
    for (std::uint64_t i = 0; i < 4096; ++i) ++seen[static_cast<std::size_t>(pattern(seed, i))];
    EXPECT_EQ(seen[0], 0);
    EXPECT_EQ(seen[static_cast<std::size_t>(kPoison)], 0);
    EXPECT_LT(*std::ranges::max_element(seen), 4096 / 32);
  }
}

TEST(Pattern, RepeatsItsQuarterIfTheSeedSaysSo) {
  constexpr std::uint64_t kSeed = 7 | kRepeating, kQuarter = kRepeatedBytes / 4;
  for (std::uint64_t i = 0; i < 2 * kRepeatedBytes; ++i)
    ASSERT_EQ(
        pattern(kSeed, i), pattern(kSeed, i / kRepeatedBytes * kRepeatedBytes + i % kQuarter));
  EXPECT_NE(pattern(kSeed, 0), pattern(kSeed, kRepeatedBytes));
}

TEST(Pattern, FillsAsItReads) {
  std::array<std::byte, 40> bytes;
  for (std::uint64_t first = 0; first < 20; ++first) {
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      bytes.fill(kPoison);
      fill_pattern(std::span(bytes).first(length), 7, first);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        ASSERT_EQ(bytes[i], i < length ? pattern(7, first + i) : kPoison);
      }
    }
  }
}

TEST(Pattern, FillsAlikeWhateverWasAskedForBefore) {
  constexpr std::uint64_t kStarts[] = {0, 1, 4093, (1 << 20) - 5, 1 << 20, std::uint64_t{1} << 40};
  std::array<std::byte, 11> bytes;
  for (const std::uint64_t first : kStarts) {
    for (const std::uint64_t before : kStarts) {
      for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{7}, 7 | kRepeating}) {
        fill_pattern(bytes, seed ^ 1, before);
        fill_pattern(bytes, seed, before);
        fill_pattern(bytes, seed, first);
        for (std::size_t i = 0; i < bytes.size(); ++i)
          ASSERT_EQ(bytes[i], pattern(seed, first + i)) << first << " after " << before;
      }
    }
  }
}

}  // namespace
}  // namespace quire::tests
