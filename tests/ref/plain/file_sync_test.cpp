// fsync: where the bytes come to lie on the device, and what becomes of its errors.
#include "tests/ref/plain/volume_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

class FileSync : public EachBlockSize {
 protected:
  /// The bytes of [0, size) as the device holds them at map().
  Contents on_device(std::uint64_t size) const {
    Contents all;
    for (std::uint64_t block = 0; block * GetParam() < size; ++block) {
      const auto device_block = file.device_block_of(block);
      if (!device_block) {
        all.resize(all.size() + GetParam());
        continue;
      }
      const auto start = device.bytes.begin() + static_cast<long>(*device_block * GetParam());
      all.insert(all.end(), start, start + static_cast<long>(GetParam()));
    }
    all.resize(size);
    return all;
  }

  ref::File file = volume->open(1);
};

TEST_P(FileSync, BytesLieAtTheMappedBlocks) {
  EXPECT_EQ(write(file, repeated(5000, 1), 0), 5000);
  EXPECT_EQ(write(file, repeated(5000, 2), 20'000), 5000);
  EXPECT_FALSE(file.device_block_of(0));
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(device.flushes, 1u);
  EXPECT_EQ(on_device(25'000), read(file, 25'000, 0));
  EXPECT_EQ(volume->reserved_blocks(), 0u);
  EXPECT_EQ(volume->free_blocks() + mapped(file, 100), volume->blocks());
}

TEST_P(FileSync, WritesOnlyDirtyBlocks) {
  EXPECT_EQ(write(file, repeated(3 * 4096, 1), 0), 3 * 4096);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(device.writes, 3 * 4096 / GetParam());
  EXPECT_EQ(write(file, repeated(1, 2), 5000), 1);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(device.writes, 3 * 4096 / GetParam() + 1);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(device.writes, 3 * 4096 / GetParam() + 1);
  EXPECT_EQ(device.flushes, 3u);
}

// WBK-3, PC-4.
TEST_P(FileSync, FirstErrorIsReportedOnceAndTheRestIsTried) {
  EXPECT_EQ(write(file, repeated(3 * 4096, 1), 0), 3 * 4096);
  device.failing_writes = {1, 2};
  device.flush_error = -ENOMEM;
  EXPECT_EQ(file.fsync(), -EIO);
  device.flush_error = 0;
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(read(file, 3 * 4096, 0), repeated(3 * 4096, 1)) << "the folio stays uptodate";
  EXPECT_EQ(mapped(file, 100), 3 * 4096 / GetParam() - 2);
  EXPECT_EQ(volume->free_blocks() + mapped(file, 100), volume->blocks());
}

TEST_P(FileSync, BlockThatNeverReachedTheDeviceReadsAsZeroAndNotAsGarbage) {
  EXPECT_EQ(write(file, repeated(GetParam() * 2, 1), 0), static_cast<long>(GetParam()) * 2);
  device.failing_writes = {1};
  EXPECT_EQ(file.fsync(), -EIO);
  file.drop_cache();
  EXPECT_EQ(read(file, GetParam(), 0), repeated(GetParam(), 0));
  EXPECT_EQ(read(file, GetParam(), static_cast<long>(GetParam())), repeated(GetParam(), 1));
  EXPECT_EQ(write(file, repeated(10, 2), 0), 10);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_TRUE(file.device_block_of(0));
}

TEST_P(FileSync, FlushErrorIsAnswered) {
  device.flush_error = -EIO;
  EXPECT_EQ(file.fsync(), -EIO);
}

TEST_P(FileSync, ReadErrorsChangeNothing) {
  EXPECT_EQ(write(file, repeated(8192, 1), 0), 8192);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t free = volume->free_blocks();
  device.reads_fail = true;
  std::byte byte{};
  EXPECT_EQ(read(file, &byte, 1, 0), -EIO);
  EXPECT_EQ(write(file, repeated(10, 2), 1), -EIO);
  EXPECT_EQ(file.ftruncate(100), -EIO);
  EXPECT_EQ(file.size(), 8192);
  EXPECT_EQ(volume->free_blocks(), free);
  EXPECT_EQ(write(file, repeated(4096, 2), 0), 4096) << "a whole page needs no read";
  EXPECT_EQ(write(file, repeated(100, 2), 4090), 6) << "the error is hidden behind progress";
  device.reads_fail = false;
  Contents expected = repeated(4096, 2);
  expected.resize(8192, std::byte{1});
  EXPECT_EQ(read(file, 8192, 0), expected);
}

TEST_P(FileSync, FailedReadForAWriteTakesBackItsReservation) {
  // The page's first block is on the device, its last is not.
  if (GetParam() == 4096) GTEST_SKIP() << "needs two blocks in a page";
  EXPECT_EQ(write(file, repeated(1, 1), 0), 1);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  device.reads_fail = true;
  EXPECT_EQ(write(file, repeated(1, 1), 4095), -EIO);
  EXPECT_EQ(volume->reserved_blocks(), 0u);
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, FileSync, testing::Values(512, 1024, 4096));

}  // namespace
}  // namespace quire::tests
