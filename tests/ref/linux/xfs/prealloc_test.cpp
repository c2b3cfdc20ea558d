// The size of a speculative preallocation, worked by hand, stage by stage.
#include "spec/linux/prealloc.h"
#include "tests/ref/strict_word.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

namespace quire::tests {
namespace {

using Number = std::uint64_t;
constexpr Number kNone = ~Number{0};

/// A block is 4 KiB; nothing is scarce; the write appends a page to a file of 1 MiB.
spec::PreallocFacts<Number> growing() {
  return {
      .fixed = 0,
      .block_shift = 12,
      .file_size = 1 << 20,
      .file_size_max = ~Number{0} >> 1,
      .allocsize = 16,
      .stripe = 0,
      .has_previous = 1,
      .hole_before = 0,
      .base = 256,
      .pos = 1 << 20,
      .count = 4096,
      .free = 1'000'000,
      .low_space = spec::low_space_of(Number{10'000}),
      .quota = {.blocks = kNone, .shift = 0, .free = 1'000'000}};
}

TEST(XfsPrealloc, AFileBelow64KiBGetsNone) {
  auto facts = growing();
  facts.file_size = (1 << 16) - 1;
  EXPECT_EQ(spec::prealloc_size(facts), 0U);
  facts.file_size = 1 << 16;
  EXPECT_EQ(spec::prealloc_size(facts), 512U);
}

TEST(XfsPrealloc, TheLeastFollowsAHoleNoExtentOrAFileBelowTheStripe) {
  auto facts = growing();
  facts.hole_before = 1;
  EXPECT_EQ(spec::prealloc_size(facts), 16U);
  facts = growing();
  facts.has_previous = 0;
  EXPECT_EQ(spec::prealloc_size(facts), 16U);
  facts = growing();
  facts.stripe = 257;
  EXPECT_EQ(spec::prealloc_size(facts), 16U);
  facts.stripe = 256;
  EXPECT_EQ(spec::prealloc_size(facts), 512U);
}

TEST(XfsPrealloc, AMountMayFixIt) {
  auto facts = growing();
  facts.fixed = 1;
  facts.allocsize = 1024;
  facts.file_size = 0;
  EXPECT_EQ(spec::prealloc_size(facts), 1024U);
}

TEST(XfsPrealloc, TheRunBeforeIsDoubledAndRoundedDown) {
  auto facts = growing();
  facts.base = 20;
  EXPECT_EQ(spec::prealloc_size(facts), 32U);  // 40
  facts.base = 1;
  EXPECT_EQ(spec::prealloc_size(facts), 16U);  // 2, but the least is 16
}

TEST(XfsPrealloc, ARunTooLongToDoubleCountsAsTheOffset) {
  EXPECT_EQ(spec::prealloc_want<Number>(1 << 20, 3), 3U);  // 2 * 2^20 is one too many
  EXPECT_EQ(spec::prealloc_want<Number>((1 << 20) - 1, 3), (1U << 21) - 2);
  EXPECT_EQ(spec::prealloc_want<Number>(1 << 20, 1 << 24), 1U << 24);
  auto facts = growing();
  facts.base = 1 << 20;
  facts.pos = Number{1} << 40;
  facts.file_size = facts.pos;
  facts.free = facts.quota.free = Number{1} << 30;
  EXPECT_EQ(spec::prealloc_size(facts), spec::kExtentMax);
}

TEST(XfsPrealloc, EachHundredthOfScarcityHalvesIt) {
  const auto low = spec::low_space_of(Number{100});
  EXPECT_EQ(spec::prealloc_shift<Number>(500, low), 0U);
  EXPECT_EQ(spec::prealloc_shift<Number>(499, low), 2U);
  EXPECT_EQ(spec::prealloc_shift<Number>(399, low), 3U);
  EXPECT_EQ(spec::prealloc_shift<Number>(299, low), 4U);
  EXPECT_EQ(spec::prealloc_shift<Number>(199, low), 5U);
  EXPECT_EQ(spec::prealloc_shift<Number>(99, low), 6U);
}

TEST(XfsPrealloc, MoreThanIsFreeIsDividedBy16UntilItFits) {
  const spec::QuotaThrottle<Number> quota{kNone, 0, 4000};
  EXPECT_EQ(spec::prealloc_round<Number>(1 << 16, 0, quota, 16), 256U);  // 65536, 4096, 256
  EXPECT_EQ(spec::prealloc_round<Number>(1 << 21, 0, {kNone, 0, 0}, 16), 16U);
  EXPECT_EQ(spec::prealloc_round<Number>(0, 0, quota, 16), 16U);
}

TEST(XfsPrealloc, QuotaThrottlesNearItsLimit) {
  const spec::QuotaThrottle<Number> start{512, 0, 100'000};
  spec::QuotaSpace<Number> quota{
      .enforced = 1,
      .reserved = 100,
      .watermark = 9500,
      .limit = 10'000,
      .one = 100,
      .three = 300,
      .five = 500};
  const auto after = [&](Number reserved) {
    quota.reserved = reserved;
    return spec::quota_throttle(quota, Number{512}, start);
  };
  EXPECT_TRUE(spec::same(after(8987), start));  // 8987 + 512 is below 9500
  EXPECT_EQ(after(8988).free, 1012U);           // throttled, but 1012 is more than is wanted
  EXPECT_EQ(after(8988).blocks, 512U);
  EXPECT_EQ(after(9500).blocks, 500U);  // 500 left, not below 5 %
  EXPECT_EQ(after(9500).shift, 0U);
  EXPECT_EQ(after(9501).shift, 2U);
  EXPECT_EQ(after(9701).shift, 4U);
  EXPECT_EQ(after(9901).shift, 6U);
  EXPECT_EQ(after(9901).blocks, 99U);
  EXPECT_EQ(after(10'000).blocks, 0U);  // at the limit
  EXPECT_EQ(after(10'000).free, 0U);
  quota.enforced = 0;
  EXPECT_TRUE(spec::same(after(10'000), start));
}

// Although at most one extent is reserved, the room in a record is compared with all that a large
// file wants. So a record throttles it that has room for many extents.
TEST(XfsPrealloc, ALargeFileIsThrottledByAQuotaThatLeavesManyExtents) {
  const Number want = Number{1} << 26;
  const Number left = Number{1} << 24;
  const Number limit = Number{1} << 30;
  const spec::QuotaSpace<Number> quota{1,           limit - left,    limit / 2,      limit,
                                       limit / 100, limit / 100 * 3, limit / 100 * 5};
  const auto throttled =
      spec::quota_throttle(quota, want, spec::QuotaThrottle<Number>{want, 0, limit});
  EXPECT_EQ(throttled.blocks, left);
  EXPECT_EQ(throttled.shift, 4U);
  EXPECT_EQ(spec::prealloc_round<Number>(want, 0, throttled, 16), Number{1} << 17);
  // At the watermark it is one extent more that counts.
  spec::QuotaSpace<Number> far = quota;
  far.watermark = quota.reserved + (Number{1} << 21) + 1;
  const spec::QuotaThrottle<Number> start{want, 0, limit};
  EXPECT_TRUE(spec::same(spec::quota_throttle(far, want, start), start));
  --far.watermark;
  EXPECT_FALSE(spec::same(spec::quota_throttle(far, want, start), start));
}

TEST(XfsPrealloc, TheTightestQuotaRecordCounts) {
  const spec::QuotaSpace<Number> tight{1, 9990, 9500, 10'000, 100, 300, 500};
  const spec::QuotaSpace<Number> loose{1, 9600, 9500, 10'000, 100, 300, 500};
  const spec::QuotaThrottle<Number> start{512, 0, 100'000};
  const auto one = spec::quota_throttle(loose, {512}, spec::quota_throttle(tight, {512}, start));
  const auto two = spec::quota_throttle(tight, {512}, spec::quota_throttle(loose, {512}, start));
  EXPECT_TRUE(spec::same(one, two));
  EXPECT_EQ(one.blocks, 10U);
  EXPECT_EQ(one.shift, 6U);
  EXPECT_EQ(one.free, 10U);
}

// The first record stays where another is as tight: of one 12 blocks are left, and halved twice, of
// the other 3.
TEST(XfsPrealloc, OfTwoQuotaRecordsAsTightTheFirstCounts) {
  const spec::QuotaSpace<Number> halved{1, 288, 285, 300, 3, 9, 15}, whole{1, 32, 0, 35, 0, 0, 0};
  const Number want = 4;
  const spec::QuotaThrottle<Number> start{want, 0, 100'000};
  const auto one = spec::quota_throttle(whole, want, spec::quota_throttle(halved, want, start));
  const auto two = spec::quota_throttle(halved, want, spec::quota_throttle(whole, want, start));
  EXPECT_EQ(one.free, two.free);
  EXPECT_EQ(spec::prealloc_round<Number>(want, 0, two, 0), 2U);
  EXPECT_EQ(spec::prealloc_round<Number>(want, 0, one, 0), 1U);
}

TEST(XfsPrealloc, ItEndsAtAMultipleOfTheLeast) {
  auto facts = growing();
  facts.pos = (1 << 20) + 5000;
  facts.count = 10;  // ends in block 257
  EXPECT_EQ(spec::requested_end(facts), 258U);
  EXPECT_EQ(spec::prealloc_end(facts, Number{512}), 256U + 512);
  EXPECT_EQ(spec::prealloc_end(facts, Number{0}), 258U);
  facts.stripe = 128;
  facts.file_size = 128 * 4096 - 1;
  EXPECT_EQ(spec::prealloc_end(facts, Number{16}), 272U);  // the file is below one stripe unit
  facts.file_size = 128 * 4096;
  EXPECT_EQ(spec::prealloc_end(facts, Number{16}), 384U);
}

TEST(XfsPrealloc, ItEndsWithinTheLargestFile) {
  auto facts = growing();
  facts.pos = facts.file_size_max - 10;
  facts.count = 10;
  EXPECT_EQ(spec::prealloc_end(facts, Number{512}), Number{1} << 51);
  EXPECT_EQ(spec::requested_end(facts), Number{1} << 51);
}

/// The same facts over a word type whose truths are no bools.
spec::PreallocFacts<StrictWord> strict(const spec::PreallocFacts<Number>& facts) {
  std::vector<Number> leaves;
  spec::for_each_value(facts, [&](Number leaf) { leaves.push_back(leaf); });
  std::size_t next = 0;
  return spec::build<spec::PreallocFacts<StrictWord>>(
      [&]<class Leaf>(const std::string&) { return Leaf{leaves[next++]}; });
}

TEST(XfsPrealloc, IsTheSameTextOverAnyWord) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    auto facts = growing();
    facts.file_size = random() >> (random() % 64);
    facts.stripe = random() % 2 == 0 ? 0 : Number{1} << (random() % 12);
    facts.hole_before = random() % 4 == 0;
    facts.base = random() % (spec::kExtentMax + 1) >> (random() % 21);
    facts.pos = random() >> (2 + random() % 50);
    facts.count = 1 + random() % (1 << 22);
    facts.free = random() % 1'000'000 >> (random() % 20);
    facts.quota = {random() % 10'000, random() % 7, facts.free};
    const Number size = spec::prealloc_size(facts);
    EXPECT_EQ(number_of(spec::prealloc_size(strict(facts))), size);
    EXPECT_EQ(
        number_of(spec::prealloc_end(strict(facts), StrictWord{size})),
        spec::prealloc_end(facts, size));
    EXPECT_LE(spec::requested_end(facts), spec::prealloc_end(facts, size));
  }
}

}  // namespace
}  // namespace quire::tests
