// Sets of blocks answer as sets of numbers do, and the order of dirty files is followed.
#include "props/audit/block_set.h"
#include "props/audit/impl_audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace quire::props {
namespace {

using Number = std::uint64_t;

std::set<Number> numbers_of(const BlockSet& set) {
  std::set<Number> numbers;
  for (const BlockRun& run : set.runs()) {
    for (Number block = run.first; block < run.end; ++block) numbers.insert(block);
  }
  return numbers;
}

TEST(BlockSet, AnswersAsASetOfNumbersDoes) {
  std::mt19937_64 random{1};
  for (int round = 0; round < 2000; ++round) {
    std::vector<BlockRun> runs[2];
    std::set<Number> wanted[2];
    Number again = 0;
    for (int side = 0; side < 2; ++side) {
      for (Number n = random() % 6; n > 0; --n) {
        const Number first = random() % 40, end = first + random() % 8;
        runs[side].push_back({first, end});
        for (Number block = first; block < end; ++block) {
          const bool is_new = wanted[side].insert(block).second;
          if (side == 0 && !is_new) ++again;
        }
      }
    }
    const BlockSet a(runs[0]), b(runs[1]);
    std::set<Number> common, without;
    std::ranges::set_intersection(wanted[0], wanted[1], std::inserter(common, common.end()));
    std::ranges::set_difference(wanted[0], wanted[1], std::inserter(without, without.end()));
    EXPECT_EQ(numbers_of(a), wanted[0]);
    EXPECT_EQ(a.count(), wanted[0].size());
    EXPECT_EQ(a.again(), again);
    EXPECT_EQ(numbers_of(a.common(b)), common);
    EXPECT_EQ(numbers_of(a.without(b)), without);
    EXPECT_EQ(a.common(b).count(), common.size());
    EXPECT_EQ(a.outside(b), without.size());
    const Number at = random() % 48;
    EXPECT_EQ(a.has(at), wanted[0].contains(at));
    EXPECT_EQ(a.from(at), std::distance(wanted[0].lower_bound(at), wanted[0].end()));
  }
}

TEST(BlockSet, HasTheBitsOfABitmap) {
  std::mt19937_64 random{2};
  for (int round = 0; round < 500; ++round) {
    std::vector<Number> words(1 + random() % 4);
    for (Number& word : words)
      word = random() % 4 == 0 ? ~Number{0} : random() % 4 == 0 ? 0 : random() & random();
    std::set<Number> wanted;
    for (Number bit = 0; bit < words.size() * 64; ++bit) {
      if ((words[bit / 64] >> (bit % 64) & 1) != 0) wanted.insert(100 + bit);
    }
    std::vector<BlockRun> runs;
    append_bits(runs, words, 100);
    EXPECT_EQ(numbers_of(BlockSet(runs)), wanted);
    EXPECT_EQ(count_bits(words), wanted.size());
  }
}

TEST(OrderOfDirtyFiles, ChangesOnlyByTheFilesOfTheCalls) {
  EXPECT_FALSE(order_is_broken({}, {1}, {1}));
  EXPECT_FALSE(order_is_broken({1}, {1, 2}, {2})) << "it turns dirty";
  EXPECT_TRUE(order_is_broken({1}, {2, 1}, {2})) << "in front of an older one";
  EXPECT_FALSE(order_is_broken({1, 2}, {2}, {1})) << "it is clean";
  EXPECT_FALSE(order_is_broken({1, 2}, {2, 1}, {1})) << "it was clean meanwhile";
  EXPECT_TRUE(order_is_broken({1, 2, 3}, {1, 3, 2}, {1})) << "others change places";
  EXPECT_FALSE(order_is_broken({1, 2}, {}, {1})) << "all was written back";
  EXPECT_TRUE(order_is_broken({1}, {1, 2}, {1})) << "a file turns dirty that was not touched";
  EXPECT_FALSE(order_is_broken({3}, {3, 2, 1}, {1, 2})) << "two turn dirty, in any order";
  EXPECT_TRUE(order_is_broken({3, 4}, {4, 1, 3}, {1, 2})) << "others change places";
}

}  // namespace
}  // namespace quire::props
