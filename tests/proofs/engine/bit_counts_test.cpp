// Counting and finding the bits of a symbolic word, compared with the machine's.
#include "proofs/engine/bit_counts.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <random>

namespace quire::tests {
namespace {

using proofs::Bits;

/// A word with few bits, half of them or many set.
std::uint64_t any_word(std::mt19937_64& draw) {
  switch (draw() % 3) {
    case 0: return draw() & draw() & draw() & draw();
    case 1: return draw();
    default: return draw() | draw() | draw();
  }
}

TEST(BitCounts, are_those_of_the_machine) {
  std::mt19937_64 draw(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t word = i == 0 ? 0 : i <= 64 ? std::uint64_t{1} << (i - 1) : any_word(draw);
    EXPECT_EQ(proofs::ones(Bits{word}).known(), std::popcount(word)) << word;
    EXPECT_EQ(proofs::lowest(Bits{word}).known(), std::countr_zero(word)) << word;
  }
}

}  // namespace
}  // namespace quire::tests
