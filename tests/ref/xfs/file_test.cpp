// Files of an XFS volume: what single calls answer, and what they leave.
#include "tests/ref/xfs/volume_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>

#include <algorithm>
#include <cerrno>

namespace quire::tests {
namespace {

using ref::xfs::File;

XfsBytes repeated(std::uint64_t size, int value) { return XfsBytes(size, std::byte(value)); }

class XfsFile : public testing::Test, public JudgedXfs {
 protected:
  explicit XfsFile(std::uint64_t blocks = 512) : JudgedXfs({.block_size = 1024}, blocks) {}

  File open(ref::xfs::OpenOptions options = {}) {
    options.caller = &caller;
    return volume->open(1, options);
  }
  ref::xfs::Node& node() { return volume->node(1); }

  ref::vfs::Caller caller;
};

TEST_F(XfsFile, AppendsGoToTheEndWhateverTheOffset) {
  File file = open({.append = true});
  EXPECT_EQ(write(file, repeated(10, 1), -1), 10);
  EXPECT_EQ(write(file, repeated(5, 2), 0), 5);
  EXPECT_EQ(file.size(), 15);
  EXPECT_EQ(file.position(), 10) << "an offset leaves the position";
  EXPECT_EQ(write(file, repeated(5, 3), -1), 5);
  EXPECT_EQ(file.position(), 20) << "behind what was appended";
}

TEST_F(XfsFile, StopsAtTheLimitOfTheProcessAndSignalsPastIt) {
  File file = open();
  caller.fsize_limit = 100;
  EXPECT_EQ(write(file, repeated(60, 1), 80), 20);
  EXPECT_EQ(caller.fsize_signals, 0u);
  EXPECT_EQ(write(file, repeated(60, 1), 100), -EFBIG);
  EXPECT_EQ(write(file, repeated(60, 1), 0, RWF_APPEND), -EFBIG);
  EXPECT_EQ(caller.fsize_signals, 2u);
  EXPECT_EQ(file.ftruncate(101), -EFBIG);
  EXPECT_EQ(file.fallocate(0, 0, 101), -EFBIG);
  EXPECT_EQ(caller.fsize_signals, 4u);
  EXPECT_EQ(file.fallocate(FALLOC_FL_KEEP_SIZE, 0, 2000), 0) << "the size stays below it";
  File source = volume->open(2);
  EXPECT_EQ(write(source, repeated(1024, 1), 0), 1024);
  EXPECT_EQ(file.clone_range(source, 0, 1024, 0), -EFBIG);
  EXPECT_EQ(file.size(), 100);
}

TEST_F(XfsFile, AnswersAgainWithoutWaiting) {
  File file = open();
  ASSERT_EQ(write(file, repeated(10, 1), 0), 10);
  EXPECT_EQ(write(file, repeated(10, 2), 5, RWF_NOWAIT), 10);
  EXPECT_EQ(write(file, repeated(10, 2), 100, RWF_NOWAIT), -EAGAIN) << "a gap to zero";
  caller.now = 1;
  EXPECT_EQ(write(file, repeated(10, 2), 0, RWF_NOWAIT), -EAGAIN) << "times to set";
  caller.now = 0;
  caller.iolock_contended = true;
  EXPECT_EQ(write(file, repeated(10, 2), 0, RWF_NOWAIT), -EAGAIN) << "a lock to wait for";
  caller.iolock_contended = false;
  node().layout_is_leased = true;
  EXPECT_EQ(write(file, repeated(10, 2), 0, RWF_NOWAIT), -EAGAIN) << "a lease to break";
  EXPECT_EQ(file.size(), 15);
  EXPECT_EQ(write(file, repeated(10, 2), 0), 10);
  EXPECT_FALSE(node().layout_is_leased);
}

TEST_F(XfsFile, RunsAsNobodyElseOnceItWasWritten) {
  File file = open();
  node().attributes.set_uid = node().attributes.has_caps = 1;
  EXPECT_EQ(write(file, repeated(10, 1), 0, RWF_NOWAIT), -EAGAIN);
  EXPECT_EQ(node().attributes.set_uid, 1u);
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  EXPECT_EQ(node().attributes.set_uid + node().attributes.has_caps, 0u);
}

TEST_F(XfsFile, RefusesToWriteASwapFile) {
  File file = open();
  node().is_swapfile = true;
  EXPECT_EQ(write(file, repeated(10, 1), 0), -ETXTBSY);
  EXPECT_EQ(file.ftruncate(5), -ETXTBSY);
  EXPECT_EQ(file.fallocate(0, 0, 5), -ETXTBSY);
}

TEST_F(XfsFile, BringsASynchronousWriteToTheDeviceAndNothingElse) {
  File file = open();
  ASSERT_EQ(write(file, repeated(4096, 1), 8192), 4096);
  const std::uint64_t writes = device.writes;
  EXPECT_EQ(write(file, repeated(100, 2), 0, RWF_DSYNC), 100);
  EXPECT_EQ(device.writes, writes + 1);
  EXPECT_EQ(device.flushes, 1u);
  EXPECT_FALSE(file.map(8).has_value()) << "the other folio waits";
  EXPECT_EQ(write(file, repeated(100, 2), 0, RWF_SYNC | RWF_APPEND), 100);
  EXPECT_EQ(node().inode.disk_size, 12388u) << "the append's own range";
}

TEST_F(XfsFile, AnswersTheErrorOfASyncInPlaceOfTheCountAndKeepsThePosition) {
  File file = open({.dsync = true});
  device.flush_error = -EIO;
  EXPECT_EQ(write(file, repeated(100, 1), -1), -EIO);
  EXPECT_EQ(file.position(), 0);
  EXPECT_EQ(file.size(), 100) << "the bytes are in the file all the same";
  EXPECT_EQ(read(file, 200, 0), repeated(100, 1));
  EXPECT_EQ(volume->statistics().write_bytes, 100u);
}

TEST_F(XfsFile, TellsEachHandleOnceOfAnErrorOfWriteback) {
  File file = open();
  File other = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  device.failing_writes = {device.writes + 1};
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(other.fsync(), -EIO);
  EXPECT_EQ(other.fsync(), 0);
}

TEST_F(XfsFile, WritebackWaitsForNoLockOfTheFileAsAWhole) {
  File file = open();
  ASSERT_EQ(write(file, repeated(20'000, 1), 0), 20'000);
  judge.waits.clear();
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_FALSE(judge.waited_for(spec::rank_of<spec::Iolock>)) << "LK-6";
  EXPECT_FALSE(judge.waited_for(spec::rank_of<spec::InvalidateLock>)) << "LK-6";
  EXPECT_TRUE(judge.waited_for(spec::rank_of<spec::Transaction>));
}

TEST_F(XfsFile, ZeroesTheGapWhateverTheDeviceHasThere) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t place = file.map(0).value() * 1024;
  std::fill_n(device.bytes.begin() + static_cast<std::ptrdiff_t>(place) + 100, 924, std::byte{7});
  ASSERT_EQ(write(file, repeated(10, 2), 3000), 10);
  EXPECT_EQ(read(file, 2900, 100), repeated(2900, 0)) << "XFB-4";
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 2900, 100), repeated(2900, 0)) << "XFB-4";
}

TEST_F(XfsFile, ForgetsWhatATruncateCutsOff) {
  File file = open();
  ASSERT_EQ(write(file, repeated(1024, 1), 0), 1024);
  ASSERT_EQ(file.fsync(), 0);
  ASSERT_EQ(file.ftruncate(100), 0);
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t place = file.map(0).value() * 1024;
  EXPECT_EQ(device.bytes.at(place + 100), std::byte{0});
  ASSERT_EQ(file.ftruncate(1024), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 924, 100), repeated(924, 0));
}

TEST_F(XfsFile, GrowsOverWhateverTheDeviceHasThere) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t place = file.map(0).value() * 1024;
  std::fill_n(device.bytes.begin() + static_cast<std::ptrdiff_t>(place) + 100, 924, std::byte{7});
  ASSERT_EQ(file.ftruncate(1024), 0);
  EXPECT_EQ(read(file, 924, 100), repeated(924, 0));
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, 924, 100), repeated(924, 0));
}

TEST_F(XfsFile, PunchesZeroesCollapsesAndInserts) {
  File file = open();
  XfsBytes bytes;
  for (int block = 0; block < 8; ++block) bytes.resize(bytes.size() + 1024, std::byte(block + 1));
  ASSERT_EQ(write(file, bytes, 0), 8192);
  const auto block_value = [&](std::int64_t block) {
    return static_cast<int>(read(file, 1, block * 1024).at(0));
  };
  ASSERT_EQ(file.fsync(), 0);
  EXPECT_EQ(file.fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1000, 1048), 0);
  EXPECT_FALSE(file.map(1).has_value());
  EXPECT_EQ(read(file, 1, 999).at(0), std::byte{1});
  EXPECT_EQ(read(file, 1, 1000).at(0), std::byte{0});
  EXPECT_EQ(file.seek_hole(0), 1024);
  EXPECT_EQ(file.seek_data(1024), 2048);
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 1024, 1024), 0);
  EXPECT_EQ(file.size(), 7168);
  EXPECT_EQ(block_value(1), 3);
  EXPECT_EQ(file.fallocate(FALLOC_FL_INSERT_RANGE, 2048, 2048), 0);
  EXPECT_EQ(file.size(), 9216);
  EXPECT_EQ(block_value(2), 0);
  EXPECT_EQ(block_value(4), 4);
  EXPECT_EQ(file.fallocate(FALLOC_FL_ZERO_RANGE, 9216 - 1024, 2048), 0);
  EXPECT_EQ(file.size(), 9216 + 1024);
  EXPECT_TRUE(file.map(9).has_value());
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
  EXPECT_EQ(copy.map(1), file.map(0));
  ASSERT_EQ(write(copy, repeated(10, 2), 1024), 10);
  ASSERT_EQ(copy.fsync(), 0);
  EXPECT_NE(copy.map(1), file.map(0));
  EXPECT_EQ(copy.map(2), file.map(1));
  EXPECT_EQ(read(file, 3000, 0), repeated(3000, 1));
  EXPECT_EQ(copy.fallocate(FALLOC_FL_UNSHARE_RANGE, 0, 4024), 0);
  EXPECT_NE(copy.map(2), file.map(1));
  EXPECT_EQ(copy.clone_range(file, 0, 1024, 512), -EINVAL);
  EXPECT_EQ(copy.clone_range(file, 0, 9999, 0), -EINVAL);
}

TEST_F(XfsFile, AnswersBadfOnceClosed) {
  File file = open();
  EXPECT_EQ(node().inode.writers, 1u);
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(node().inode.writers, 0u);
  EXPECT_EQ(file.close(), -EBADF);
  EXPECT_EQ(write(file, repeated(1, 1), 0), -EBADF);
  EXPECT_EQ(file.fsync(), -EBADF);
  EXPECT_EQ(file.size(), -EBADF);
  EXPECT_EQ(write(file, repeated(1, 1), -2), -EINVAL);
}

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

TEST(XfsSpace, IsTakenBackFromPreallocationsThatHaveTheirPlace) {
  JudgedXfs on({.block_size = 1024, .allocsize = 65'536}, 200);
  File other = on.volume->open(1);
  ASSERT_EQ(write(other, repeated(70 * 1024, 1), 0), 70 * 1024);
  ASSERT_EQ(write(other, repeated(1024, 1), 70 * 1024), 1024);
  ASSERT_EQ(other.fsync(), 0);  // a flush cannot give back any more what is allocated past the end
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

}  // namespace
}  // namespace quire::tests
