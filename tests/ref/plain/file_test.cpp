// Files of a volume: what is written reads back, and all else is zero.
#include "ref/plain/file.h"

#include "tests/ref/plain/volume_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>

namespace quire::tests {
namespace {

class File : public EachBlockSize {
 protected:
  ref::File file = volume->open(1);
};

TEST_P(File, ReadsBackTheBytesWritten) {
  EXPECT_EQ(write(file, repeated(10'000, 1), 0), 10'000);
  EXPECT_EQ(file.size(), 10'000);
  EXPECT_EQ(read(file, 20'000, 0), repeated(10'000, 1));
  EXPECT_EQ(read(file, 10, 10'000), Contents{});
  EXPECT_EQ(read(file, 10, 9'995), repeated(5, 1));
}

TEST_P(File, OverlappingUnalignedWritesKeepTheBytesBetween) {
  EXPECT_EQ(write(file, repeated(9000, 1), 100), 9000);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(write(file, repeated(3000, 2), 2500), 3000);
  Contents expected = repeated(100, 0);
  expected.resize(2500, std::byte{1});
  expected.resize(5500, std::byte{2});
  expected.resize(9100, std::byte{1});
  EXPECT_EQ(read(file, 10'000, 0), expected);
}

TEST_P(File, HolesReadAsZeroOverOldGarbage) {
  EXPECT_EQ(write(file, repeated(10, 1), 50'000), 10);
  EXPECT_EQ(read(file, 50'000, 0), repeated(50'000, 0));
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 50'000, 0), repeated(50'000, 0));
  EXPECT_EQ(read(file, 100, 50'000), repeated(10, 1));
  EXPECT_EQ(mapped(file, 200), 1u);
}

TEST_P(File, TruncatedDownAndUpReadsZeroes) {
  for (const bool synced : {false, true}) {
    for (const bool dropped : {false, true}) {
      for (const std::int64_t length : {0, 100, 512, 4095, 4096, 4097, 8192, 9000}) {
        EXPECT_EQ(file.ftruncate(0), 0);
        EXPECT_EQ(write(file, repeated(12'000, 7), 0), 12'000);
        if (synced) {
          EXPECT_EQ(file.fsync(), 0);
        }
        if (dropped) file.drop_cache();
        EXPECT_EQ(file.ftruncate(length), 0);
        EXPECT_EQ(file.size(), length);
        if (synced) {
          EXPECT_EQ(file.fsync(), 0);
        }
        if (dropped) file.drop_cache();
        EXPECT_EQ(file.ftruncate(12'000), 0);
        Contents expected = repeated(static_cast<std::uint64_t>(length), 7);
        expected.resize(12'000);
        EXPECT_EQ(read(file, 12'000, 0), expected) << length;
      }
    }
  }
  EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(volume->free_blocks(), volume->blocks());
}

TEST_P(File, TailOfTheLastBlockIsZeroOnTheDevice) {
  EXPECT_EQ(write(file, repeated(4096, 7), 0), 4096);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(file.ftruncate(100), 0);
  EXPECT_EQ(file.fsync(), 0);
  const auto start =
      device.bytes.begin() + static_cast<long>(*file.device_block_of(0) * GetParam());
  Contents expected = repeated(100, 7);
  expected.resize(GetParam());
  EXPECT_EQ(Contents(start, start + static_cast<long>(GetParam())), expected);
}

TEST_P(File, HandlesShareTheFileAndNotThePosition) {
  ref::File other = volume->open(1);
  EXPECT_EQ(write(file, repeated(10, 1), -1), 10);
  EXPECT_EQ(file.position(), 10);
  EXPECT_EQ(other.position(), 0);
  EXPECT_EQ(write(other, repeated(4, 2), -1), 4);
  EXPECT_EQ(write(file, repeated(1, 3), 3), 1);
  EXPECT_EQ(file.position(), 10);
  EXPECT_EQ(read(file, 4, -1), Contents{});
  EXPECT_EQ(read(other, 100, -1), repeated(6, 1));
  EXPECT_EQ(other.position(), 10);
  EXPECT_EQ(volume->open(2).size(), 0);
}

TEST_P(File, ClosingLosesNothingAndEndsTheHandle) {
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.close(), -EBADF);
  EXPECT_EQ(write(file, repeated(1, 1), 0), -EBADF);
  std::byte byte{};
  EXPECT_EQ(read(file, &byte, 1, 0), -EBADF);
  EXPECT_EQ(file.fsync(), -EBADF);
  EXPECT_EQ(file.ftruncate(0), -EBADF);
  EXPECT_EQ(file.size(), -EBADF);
  EXPECT_EQ(file.position(), -EBADF);
  EXPECT_FALSE(file.device_block_of(0));
  file.drop_cache();
  file = volume->open(1);
  EXPECT_EQ(read(file, 20, 0), repeated(10, 1));
}

TEST_P(File, ManySegmentsAreOneWrite) {
  Contents a = repeated(3000, 1), b = repeated(3000, 2);
  const std::array<iovec, 4> segments{
      iovec{nullptr, 0}, iovec{a.data(), 3000}, iovec{nullptr, 0}, iovec{b.data(), 3000}};
  EXPECT_EQ(file.pwritev2(segments.data(), 4, 500, 0), 6000);
  a.assign(3000, {});
  b.assign(3000, {});
  EXPECT_EQ(file.preadv2(segments.data(), 4, 500, 0), 6000);
  EXPECT_EQ(a, repeated(3000, 1));
  EXPECT_EQ(b, repeated(3000, 2));
}

TEST_P(File, ReachesTheLargestSize) {
  const std::int64_t last = INT64_MAX - 10;
  EXPECT_EQ(write(file, repeated(10, 5), last), 10);
  EXPECT_EQ(file.size(), INT64_MAX);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 10, last), repeated(10, 5));
  EXPECT_EQ(file.ftruncate(INT64_MAX - 5), 0);
  EXPECT_EQ(read(file, 10, last), repeated(5, 5));
}

TEST_P(File, EveryStepIsRecorded) {
  EXPECT_EQ(write(file, repeated(10'000, 1), 10), 10'000);
  EXPECT_EQ(judge.loop_calls, 1u);
  EXPECT_EQ(judge.attempts.size(), 3u);
  EXPECT_EQ(judge.blocks_judged, 3 * 4096 / GetParam());
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(file.ftruncate(5), 0);
  using namespace spec;
  for (const Number rank :
       {rank_of<Iolock>, rank_of<Throttle>, rank_of<FolioLock>, rank_of<BlockMapLock>,
        rank_of<SpaceLock>}) {
    EXPECT_TRUE(judge.waited_for(rank)) << lock_name(rank);
  }
}

TEST_P(File, StopsWhenTheRecorderAsks) {
  judge.stop = true;
  EXPECT_EQ(write(file, repeated(10, 1), 0), -EINTR);
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, File, testing::Values(512, 1024, 2048, 4096));

}  // namespace
}  // namespace quire::tests
