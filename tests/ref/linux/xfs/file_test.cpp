// Reads and writes of files of an XFS volume: what single calls answer, and what they leave.
#include "tests/ref/linux/xfs/file_fixture.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <cerrno>

namespace quire::tests {
namespace {

using ref::xfs::File;

TEST_F(XfsFile, AppendsAtTheEndForAnyOffset) {
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
  EXPECT_EQ(file.clone_range(source, 0, 1024, 0), -EINVAL) << "a part lies below the limit";
  EXPECT_EQ(file.clone_range(source, 0, 1024, 1024), -EFBIG);
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
  node().inode.ilock_is_contended = true;
  EXPECT_EQ(write(file, repeated(10, 2), 0, RWF_NOWAIT), -EAGAIN) << "extents to wait for";
  node().inode.ilock_is_contended = false;
  node().layout_is_leased = true;
  EXPECT_EQ(write(file, repeated(10, 2), 0, RWF_NOWAIT), -EAGAIN) << "a lease to break";
  EXPECT_EQ(file.size(), 15);
  EXPECT_EQ(write(file, repeated(10, 2), 0), 10);
  EXPECT_FALSE(node().layout_is_leased);
}

// A lock that a call did not wait for was taken at once, or not at all (IOM-6).
TEST_F(XfsFile, WithoutWaitingNoLockIsWaitedFor) {
  File file = open();
  ASSERT_EQ(write(file, repeated(9000, 1), 0), 9000);
  judge.waits.clear();
  EXPECT_EQ(write(file, repeated(5000, 2), 6000, RWF_NOWAIT), 5000) << "some of it in new space";
  Contents to(11'000);
  const iovec segment{to.data(), to.size()};
  EXPECT_EQ(file.preadv2(&segment, 1, 0, RWF_NOWAIT), 11'000);
  for (const Number rank :
       {spec::rank_of<spec::Iolock>, spec::rank_of<spec::Throttle>,
        spec::rank_of<spec::InvalidateLock>, spec::rank_of<spec::FolioLock>,
        spec::rank_of<spec::Transaction>, spec::rank_of<spec::BlockMapLock>}) {
    EXPECT_FALSE(judge.waited_for(rank)) << spec::lock_name(rank);
  }
}

TEST_F(XfsFile, LosesItsPrivilegesByAWrite) {
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
  EXPECT_EQ(file.ftruncate(0), -ETXTBSY);
  EXPECT_EQ(file.ftruncate(5), 0) << "as inode_newsize_ok() has it";
  EXPECT_EQ(file.ftruncate(4), -ETXTBSY);
  EXPECT_EQ(file.fallocate(0, 0, 5), -ETXTBSY);
}

TEST_F(XfsFile, SyncsTheRangeOfASynchronousWriteAlone) {
  File file = open();
  ASSERT_EQ(write(file, repeated(4096, 1), 8192), 4096);
  const std::uint64_t writes = device.writes;
  EXPECT_EQ(write(file, repeated(100, 2), 0, RWF_DSYNC), 100);
  EXPECT_EQ(device.writes, writes + 1);
  EXPECT_EQ(device.flushes, 1u);
  EXPECT_FALSE(file.device_block_of(8).has_value()) << "the other folio waits";
  EXPECT_EQ(write(file, repeated(100, 2), 0, RWF_SYNC | RWF_APPEND), 100);
  EXPECT_EQ(node().inode.disk_size, 12388u) << "the append's own range";
}

// CRASH-1: else the bytes below the new size would be lost, and those behind them old.
TEST_F(XfsFile, WritesItsBytesBackBeforeTheSizeOnDiskPassesThem) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  EXPECT_EQ(node().inode.disk_size, 0u);
  const std::uint64_t writes = device.writes;
  ASSERT_EQ(file.ftruncate(5000), 0);
  EXPECT_EQ(node().inode.disk_size, 5000u);
  EXPECT_LT(writes, device.writes);
}

TEST_F(XfsFile, OnlyFullSyncFlagsMakeAFullSync) {
  File plain = open();
  ASSERT_EQ(write(plain, repeated(10, 1), 0), 10);
  EXPECT_EQ(judge.last_sync.synced, 0u);
  node().is_sync = true;
  ASSERT_EQ(write(plain, repeated(10, 1), 0), 10);
  EXPECT_EQ(judge.last_sync.synced, 1u) << "every write to such a file is synchronous,";
  EXPECT_EQ(judge.last_sync.data_only, 1u) << "but only for its data (SYN-1)";
  File full = open({.sync = true});
  ASSERT_EQ(write(full, repeated(10, 1), 0), 10);
  EXPECT_EQ(judge.last_sync.data_only, 0u);
  ASSERT_EQ(write(plain, repeated(10, 1), 0, RWF_SYNC), 10);
  EXPECT_EQ(judge.last_sync.data_only, 0u);
}

TEST_F(XfsFile, AnswersTheErrorOfASyncInsteadOfTheCountAndKeepsThePosition) {
  File file = open({.dsync = true});
  device.flush_error = -EIO;
  EXPECT_EQ(write(file, repeated(100, 1), -1), -EIO);
  EXPECT_EQ(file.position(), 0);
  EXPECT_EQ(file.size(), 100) << "the bytes are in the file nevertheless";
  EXPECT_EQ(read(file, 200, 0), repeated(100, 1));
  EXPECT_EQ(volume->statistics().write_bytes, 100u);
}

TEST_F(XfsFile, EachHandleReportsAnErrorOfWritebackOnce) {
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

TEST_F(XfsFile, AnswersBadfOnceClosed) {
  File file = open();
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.close(), -EBADF);
  EXPECT_EQ(write(file, repeated(1, 1), 0), -EBADF);
  EXPECT_EQ(file.fsync(), -EBADF);
  EXPECT_EQ(file.size(), -EBADF);
  EXPECT_EQ(write(file, repeated(1, 1), -2), -EINVAL);
}

}  // namespace
}  // namespace quire::tests
