// An XFS volume or a quota that is full: the space that a write still finds.
#include "tests/ref/linux/xfs/file_fixture.h"

#include <algorithm>
#include <cerrno>

namespace quire::tests {
namespace {

using ref::xfs::File;

/// A volume of 64 blocks.
class FullXfs : public XfsFile {
 protected:
  FullXfs() : XfsFile(64) {}
};

TEST_F(FullXfs, FindsThePreallocationsOfOthersBeforeItIsFull) {
  // Another file holds what it will not use: its tail was preallocated 64 blocks at a time.
  File other = volume->open(2);
  ASSERT_EQ(write(other, repeated(20'480, 1), 0), 20'480);
  ASSERT_EQ(write(other, repeated(1024, 1), 20'480), 1024);
  ASSERT_EQ(other.fsync(), 0);
  File file = open();
  std::int64_t at = 0;
  while (true) {
    const std::int64_t got = write(file, repeated(1024, 2), at);
    if (got < 0) {
      EXPECT_EQ(got, -ENOSPC);
      break;
    }
    at += got;
  }
  EXPECT_LT(0u, volume->statistics().flushes);
  EXPECT_EQ(volume->statistics().flushes, volume->statistics().scans);
  EXPECT_LT(36 * 1024, at) << "nearly all that the other file does not use";
  EXPECT_EQ(file.size(), at);
}

TEST_F(FullXfs, KeepsAShortCountWithoutAFlush) {
  File file = open();
  ASSERT_EQ(write(file, repeated(10 * 1024, 1), 0), 10 * 1024);
  const std::int64_t got = write(file, repeated(100 * 1024, 1), 0);
  EXPECT_LE(10 * 1024, got) << "what has space is written over";
  EXPECT_LT(got, 100 * 1024);
  EXPECT_EQ(volume->statistics().flushes, 0u);
  EXPECT_EQ(file.size(), got);
}

TEST_F(FullXfs, ChangesNothingWhereNoByteFits) {
  File file = open();
  const std::uint64_t reserved = volume->reserved_blocks();
  EXPECT_EQ(write(file, repeated(100 * 1024, 1), 0), -ENOSPC);
  EXPECT_EQ(volume->statistics().flushes, 1u);
  EXPECT_EQ(volume->statistics().scans, 1u);
  EXPECT_EQ(volume->reserved_blocks(), reserved);
  EXPECT_EQ(file.size(), 0);
}

// XFB-5: the missing blocks are promised to indexes that delayed extents may need in the worst
// case. The flush allocates these extents and releases the promises. There is no preallocation
// here.
TEST_F(FullXfs, ReleasesTheIndexPromisesOfDelayedExtentsByItsFlush) {
  const std::uint64_t index = ref::xfs::worst_index_blocks({}, 1);
  const std::uint64_t others = 9;
  for (std::uint64_t number = 2; number < 2 + others; ++number) {
    File other = volume->open(number);
    ASSERT_EQ(write(other, repeated(1024, 1), 0), 1024);
  }
  ASSERT_EQ(volume->reserved_blocks(), others * (1 + index));
  File file = open();
  const std::uint64_t left = volume->blocks() - others - index;  // takes a flush of every file
  const auto bytes = static_cast<std::int64_t>(left * 1024);
  EXPECT_EQ(write(file, repeated(left * 1024, 2), 0), bytes);
  EXPECT_EQ(volume->statistics().flushes, 1u);
  EXPECT_EQ(volume->free_blocks(), 0u);
  EXPECT_EQ(volume->reserved_blocks(), left + index);
}

TEST(XfsSpace, IsReclaimedFromAllocatedPreallocations) {
  JudgedXfs on({.block_size = 1024, .allocsize = 65'536}, 200);
  File other = on.volume->open(1);
  ASSERT_EQ(write(other, repeated(70 * 1024, 1), 0), 70 * 1024);
  ASSERT_EQ(write(other, repeated(1024, 1), 70 * 1024), 1024);
  ASSERT_EQ(other.fsync(), 0);  // a flush can no longer release what is allocated past the end
  const std::uint64_t used = on.volume->blocks() - on.volume->free_blocks();
  ASSERT_LT(80u, used) << "there is a preallocation";
  File file = on.volume->open(2);
  std::int64_t at = 0;
  for (std::int64_t got = 1; 0 < got; at += std::max<std::int64_t>(got, 0)) {
    got = write(file, repeated(1024, 2), at);
  }
  EXPECT_LT(static_cast<std::int64_t>(200 - used) * 1024, at) << "more than was free";
}

TEST(XfsQuota, IsScannedForWithoutAFlush) {
  ref::xfs::MountOptions options{.block_size = 1024};
  options.quota_enforced[0] = true;
  JudgedXfs on(options, 1024);
  on.volume->mount().quotas.find(ref::xfs::QuotaType::user, 7).set_limits(0, 300);
  File file = on.volume->open(1, {}, {.user = 7});
  ASSERT_EQ(write(file, repeated(300 * 1024, 1), 0), 300 * 1024);
  EXPECT_EQ(write(file, repeated(1024, 1), 300 * 1024), -EDQUOT);
  EXPECT_EQ(file.size(), 300 * 1024);
  EXPECT_EQ(on.volume->statistics().flushes, 0u);
  EXPECT_EQ(on.volume->statistics().scans, 1u);
}

// XFB-5: the one retry is worth making.
TEST(XfsQuota, IsReclaimedFromPreallocationsOfItsOtherFiles) {
  ref::xfs::MountOptions options{.block_size = 1024, .allocsize = 65'536};
  options.quota_enforced[0] = true;
  JudgedXfs on(options, 1024);
  ref::xfs::Dquot& user = on.volume->mount().quotas.find(ref::xfs::QuotaType::user, 7);
  user.set_limits(0, 200);
  File other = on.volume->open(1, {}, {.user = 7});
  ASSERT_EQ(write(other, repeated(71 * 1024, 1), 0), 71 * 1024);
  ASSERT_EQ(other.fsync(), 0);
  ASSERT_LT(71u, user.used()) << "there is a preallocation";
  File file = on.volume->open(2, {}, {.user = 7});
  std::int64_t at = 0, got = 1;
  for (; 0 < got; at += std::max<std::int64_t>(got, 0)) got = write(file, repeated(1024, 2), at);
  EXPECT_EQ(got, -EDQUOT);
  EXPECT_EQ(at, (200 - 71) * 1024) << "all that the other file does not use";
  EXPECT_EQ(on.volume->statistics().flushes, 0u);
}

}  // namespace
}  // namespace quire::tests
