// Histories of files of one XFS on mounts of several kinds.
#include "tests/ref/linux/xfs/history.h"

#include <vector>

namespace quire::tests {
namespace {

ref::xfs::MountOptions small_blocks() {
  ref::xfs::MountOptions options;
  options.block_size = 1024;
  options.index = {.records_per_block = 4, .levels_max = 3};
  options.run_max = 7;
  options.quota_enforced = {true, true, false};
  return options;
}

std::vector<XfsSetting> settings() {
  std::vector<XfsSetting> all;
  all.push_back({.name = "SmallBlocks", .options = small_blocks()});
  all.push_back({.name = "LargeFolios", .options = small_blocks(), .folio_pages = 8});
  all.push_back({.name = "AlwaysCow", .options = small_blocks()});
  all.back().options.always_cow = true;
  all.push_back({.name = "FixedPreallocation", .options = small_blocks()});
  all.back().options.allocsize = 16384;
  all.back().options.stripe = 8192;
  all.push_back({.name = "ExtentSizeHint", .options = small_blocks(), .extent_size_hint = 6});
  all.push_back({.name = "PageBlocks", .options = {}, .folio_pages = 4, .device_bytes = 600'000});
  return all;
}

class XfsModel : public testing::TestWithParam<XfsSetting> {};

TEST_P(XfsModel, HoldsThroughAnyHistory) {
  Number full = 0, over_quota = 0, short_writes = 0, shares = 0, copies = 0, failures = 0;
  for (Number seed = 0; seed < 30; ++seed) {
    XfsHistory history(GetParam(), seed);
    for (int i = 0; i < 150; ++i) {
      history.step();
      if (i % 10 == 0) history.compare();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << i;
    }
    history.compare_with_the_device();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    full += history.full;
    over_quota += history.over_quota;
    short_writes += history.short_writes;
    shares += history.shares;
    copies += history.copies;
    failures += history.failures;
  }
  // The histories reach what they are for.
  EXPECT_LT(0U, full + over_quota);
  EXPECT_LT(0U, short_writes);
  EXPECT_LT(0U, shares);
  EXPECT_LT(0U, copies);
  EXPECT_LT(0U, failures);
}

INSTANTIATE_TEST_SUITE_P(Settings, XfsModel, testing::ValuesIn(settings()), [](const auto& one) {
  return one.param.name;
});

}  // namespace
}  // namespace quire::tests
