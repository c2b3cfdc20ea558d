// Gaps, truncation, holes and clones of files of an XFS volume.
#include "tests/ref/linux/xfs/file_fixture.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace quire::tests {
namespace {

using ref::xfs::File;

TEST_F(XfsFile, ZeroesTheGapOverOldBytesOfTheDevice) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t device_pos = file.device_block_of(0).value() * 1024;
  std::fill_n(
      device.bytes.begin() + static_cast<std::ptrdiff_t>(device_pos) + 100, 924, std::byte{7});
  ASSERT_EQ(write(file, repeated(10, 2), 3000), 10);
  EXPECT_EQ(read(file, 2900, 100), repeated(2900, 0)) << "XFB-4";
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 2900, 100), repeated(2900, 0)) << "XFB-4";
}

TEST_F(XfsFile, DropsTheBytesThatATruncateCutsOff) {
  File file = open();
  ASSERT_EQ(write(file, repeated(1024, 1), 0), 1024);
  ASSERT_EQ(file.fsync(), 0);
  ASSERT_EQ(file.ftruncate(100), 0);
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t device_pos = file.device_block_of(0).value() * 1024;
  EXPECT_EQ(device.bytes.at(device_pos + 100), std::byte{0});
  ASSERT_EQ(file.ftruncate(1024), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 924, 100), repeated(924, 0));
}

TEST_F(XfsFile, DropsTheLastPageThatAFileCanHave) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), spec::kFileSizeMax - 100), 100);
  ASSERT_EQ(file.ftruncate(1), 0);
  EXPECT_EQ(node().inode.pages.find(spec::kFileSizeMax - 1), nullptr);
}

TEST_F(XfsFile, GrowsOverOldBytesOfTheDevice) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t device_pos = file.device_block_of(0).value() * 1024;
  std::fill_n(
      device.bytes.begin() + static_cast<std::ptrdiff_t>(device_pos) + 100, 924, std::byte{7});
  ASSERT_EQ(file.ftruncate(1024), 0);
  EXPECT_EQ(read(file, 924, 100), repeated(924, 0));
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 924, 100), repeated(924, 0));
}

TEST_F(XfsFile, PunchesZeroesCollapsesAndInserts) {
  File file = open();
  Contents bytes;
  for (int block = 0; block < 8; ++block) bytes.resize(bytes.size() + 1024, std::byte(block + 1));
  ASSERT_EQ(write(file, bytes, 0), 8192);
  const auto block_value = [&](std::int64_t block) {
    return static_cast<int>(read(file, 1, block * 1024).at(0));
  };
  ASSERT_EQ(file.fsync(), 0);
  EXPECT_EQ(file.fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1000, 1048), 0);
  EXPECT_FALSE(file.device_block_of(1).has_value());
  EXPECT_EQ(read(file, 1, 999).at(0), std::byte{1});
  EXPECT_EQ(read(file, 1, 1000).at(0), std::byte{0});
  EXPECT_EQ(file.lseek(0, SEEK_HOLE), 1024);
  EXPECT_EQ(file.lseek(1024, SEEK_DATA), 2048);
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 1024, 1024), 0);
  EXPECT_EQ(file.size(), 7168);
  EXPECT_EQ(block_value(1), 3);
  EXPECT_EQ(file.fallocate(FALLOC_FL_INSERT_RANGE, 2048, 2048), 0);
  EXPECT_EQ(file.size(), 9216);
  EXPECT_EQ(block_value(2), 0);
  EXPECT_EQ(block_value(4), 4);
  EXPECT_EQ(file.fallocate(FALLOC_FL_ZERO_RANGE, 9216 - 1024, 2048), 0);
  EXPECT_EQ(file.size(), 9216 + 1024);
  EXPECT_TRUE(file.device_block_of(9).has_value());
  EXPECT_EQ(block_value(8), 0);
  EXPECT_EQ(file.fallocate(FALLOC_FL_PUNCH_HOLE, 0, 1), -EOPNOTSUPP);
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 1, 1024), -EINVAL);
  EXPECT_EQ(file.fallocate(0, 0, 0), -EINVAL);
}

TEST_F(XfsFile, SharesBlocksUntilOneOfTheTwoIsWritten) {
  File file = open();
  File copy = volume->open(2);
  ASSERT_EQ(write(file, repeated(3000, 1), 0), 3000);
  ASSERT_EQ(copy.clone_range(file, 0, 0, 1024), 0);
  EXPECT_EQ(copy.size(), 4024);
  EXPECT_EQ(copy.device_block_of(1), file.device_block_of(0));
  ASSERT_EQ(write(copy, repeated(10, 2), 1024), 10);
  ASSERT_EQ(copy.fsync(), 0);
  EXPECT_NE(copy.device_block_of(1), file.device_block_of(0));
  EXPECT_EQ(copy.device_block_of(2), file.device_block_of(1));
  EXPECT_EQ(read(file, 3000, 0), repeated(3000, 1));
  EXPECT_EQ(copy.fallocate(FALLOC_FL_UNSHARE_RANGE, 0, 4024), 0);
  EXPECT_NE(copy.device_block_of(2), file.device_block_of(1));
  EXPECT_EQ(copy.clone_range(file, 0, 1024, 512), -EINVAL);
  EXPECT_EQ(copy.clone_range(file, 0, 9999, 0), -EINVAL);
}

TEST_F(XfsFile, ReleasesItsPreallocationWhenItIsTruncatedToItsSize) {
  File file = open();
  ASSERT_EQ(write(file, repeated(70 * 1024, 1), 0), 70 * 1024);
  ASSERT_EQ(write(file, repeated(1024, 1), 70 * 1024), 1024);
  ASSERT_EQ(file.fsync(), 0);
  ASSERT_LT(71u, volume->blocks() - volume->free_blocks()) << "there is a preallocation";
  ASSERT_EQ(file.ftruncate(71 * 1024), 0);
  EXPECT_EQ(volume->blocks() - volume->free_blocks(), 71u);
}

}  // namespace
}  // namespace quire::tests
