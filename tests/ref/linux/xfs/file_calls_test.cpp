// The calls of a handle on a file of an XFS volume, other than its plain reads and writes.
#include "tests/ref/linux/xfs/file_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

namespace quire::tests {
namespace {

using ref::xfs::File;

/// Reads n bytes with flags; the answer of the call.
std::int64_t answer_of_read(File& file, std::uint64_t n, std::int64_t pos, int flags) {
  Contents to(n);
  const iovec segment{to.data(), n};
  return file.preadv2(&segment, 1, pos, flags);
}

TEST_F(XfsFile, ReadsTheCacheAndHolesWithoutWaiting) {
  File file = open();
  ASSERT_EQ(write(file, repeated(4096, 1), 4096), 4096);
  EXPECT_EQ(answer_of_read(file, 9000, 0, RWF_NOWAIT), 8192) << "a hole needs no device";
  ASSERT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t reads = device.reads;
  EXPECT_EQ(answer_of_read(file, 1, 8191, RWF_NOWAIT), -EAGAIN);
  EXPECT_EQ(answer_of_read(file, 9000, 0, RWF_NOWAIT), 4096) << "up to the block that needs a wait";
  EXPECT_EQ(device.reads, reads);
  EXPECT_EQ(answer_of_read(file, 1, 8191, 0), 1);
  EXPECT_EQ(answer_of_read(file, 9000, 0, RWF_NOWAIT), 8192);
}

TEST_F(XfsFile, ReadsWithoutWaitingForALockOrForMemory) {
  File file = open();
  ASSERT_EQ(write(file, repeated(10, 1), 0), 10);
  caller.iolock_contended = true;
  EXPECT_EQ(answer_of_read(file, 10, 0, RWF_NOWAIT), -EAGAIN);
  caller.iolock_contended = false;
  node().inode.pages.find(0)->locked = true;
  EXPECT_EQ(answer_of_read(file, 10, 0, RWF_NOWAIT), -EAGAIN);
  node().inode.pages.find(0)->locked = false;
  EXPECT_EQ(answer_of_read(file, 10, 0, RWF_NOWAIT), 10);
  ASSERT_EQ(file.ftruncate(20'000), 0);
  node().inode.ilock_is_contended = true;
  EXPECT_EQ(answer_of_read(file, 10, 8192, RWF_NOWAIT), -EAGAIN)
      << "another thread changes its extents";
  node().inode.ilock_is_contended = false;
  node().inode.extents_are_read = false;
  EXPECT_EQ(answer_of_read(file, 10, 8192, RWF_NOWAIT), -EAGAIN) << "not even where a hole lies";
  node().inode.extents_are_read = true;
  EXPECT_EQ(answer_of_read(file, 10, 8192, RWF_NOWAIT), 10);
}

TEST_F(XfsFile, KnowsTheFlagsOfLinuxAndNoOther) {
  File file = open({.append = true});
  ASSERT_EQ(write(file, repeated(10, 1), -1), 10);
  EXPECT_EQ(write(file, repeated(4, 2), 0, RWF_NOAPPEND), 4) << "as if it did not append";
  EXPECT_EQ(file.size(), 10);
  EXPECT_EQ(write(file, repeated(1, 2), 0, RWF_APPEND | RWF_NOAPPEND), -EINVAL);
  EXPECT_EQ(answer_of_read(file, 1, 0, RWF_APPEND | RWF_NOAPPEND), -EINVAL);
  EXPECT_EQ(write(file, repeated(1, 2), 0, RWF_APPEND | RWF_NOAPPEND | 0x4000), -EOPNOTSUPP);
  EXPECT_EQ(answer_of_read(file, 1, 0, 0x4000), -EOPNOTSUPP);
  EXPECT_EQ(answer_of_read(file, 0, 0, 0x4000), 0) << "nothing to do comes first";
  EXPECT_EQ(answer_of_read(file, 5, 0, RWF_DSYNC | RWF_SYNC | RWF_APPEND), 5);
}

TEST_F(XfsFile, MovesItsPositionAsLseekDoes) {
  File file = open();
  ASSERT_EQ(write(file, repeated(1024, 1), 2048), 1024);
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(file.lseek(100, SEEK_SET), 100);
  EXPECT_EQ(file.lseek(-40, SEEK_CUR), 60);
  EXPECT_EQ(file.lseek(-72, SEEK_END), 3000);
  EXPECT_EQ(file.position(), 3000);
  EXPECT_EQ(file.lseek(-1, SEEK_SET), -EINVAL);
  EXPECT_EQ(file.lseek(kLast, SEEK_CUR), -EINVAL);
  EXPECT_EQ(file.lseek(kLast, SEEK_END), -EINVAL);
  EXPECT_EQ(file.lseek(0, 5), -EINVAL);
  EXPECT_EQ(file.lseek(3072, SEEK_DATA), -ENXIO);
  EXPECT_EQ(file.lseek(-1, SEEK_HOLE), -ENXIO);
  EXPECT_EQ(file.position(), 3000) << "an error moves nothing";
  EXPECT_EQ(file.lseek(0, SEEK_DATA), 2048);
  EXPECT_EQ(file.position(), 2048);
  EXPECT_EQ(file.lseek(2048, SEEK_HOLE), 3072);
  EXPECT_EQ(file.position(), 3072);
  EXPECT_EQ(file.lseek(kLast, SEEK_SET), kLast);
  file.close();
  EXPECT_EQ(file.lseek(0, SEEK_SET), -EBADF);
}

TEST_F(XfsFile, FdatasyncWritesTheBytesAndTheSize) {
  File file = open();
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  EXPECT_EQ(file.fdatasync(), 0);
  EXPECT_TRUE(file.device_block_of(0).has_value());
  EXPECT_EQ(node().inode.disk_size, 100u) << "the size that reads need counts as data";
  EXPECT_EQ(device.flushes, 1u);
  file.close();
  EXPECT_EQ(file.fdatasync(), -EBADF);
}

TEST_F(XfsFile, ClonesOnlyRangesAndToHandlesThatDoNotAppend) {
  File file = open();
  File appends = open({.append = true});
  File source = volume->open(2);
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  ASSERT_EQ(write(source, repeated(1024, 1), 0), 1024);
  EXPECT_EQ(appends.clone_range(source, 0, 1024, 0), -EBADF);
  EXPECT_EQ(file.clone_range(source, -1024, 1024, 0), -EINVAL);
  EXPECT_EQ(file.clone_range(source, 0, -1024, 0), -EINVAL);
  EXPECT_EQ(file.clone_range(source, 0, 1024, kLast - 1023), -EINVAL);
  EXPECT_EQ(file.clone_range(source, kLast - 1022, 1024, 0), -EINVAL);
  EXPECT_EQ(file.size(), 0);
  EXPECT_EQ(file.clone_range(source, 0, 1024, 0), 0);
}

TEST_F(XfsFile, SyncfsReportsAnErrorOfAnyFileApartFromFsync) {
  File file = open();
  File other = volume->open(2);
  ASSERT_EQ(write(file, repeated(100, 1), 0), 100);
  ASSERT_EQ(write(other, repeated(100, 1), 0), 100);
  device.failing_writes = {device.writes + 1};
  volume->sync();
  EXPECT_EQ(device.flushes, 1u);
  EXPECT_TRUE(other.device_block_of(0).has_value())
      << "an error keeps no other file from the device";
  EXPECT_EQ(volume->syncfs(other), -EIO);
  EXPECT_EQ(volume->syncfs(other), 0);
  EXPECT_EQ(volume->syncfs(file), -EIO);
  EXPECT_EQ(other.fsync(), 0);
  EXPECT_EQ(file.fsync(), -EIO) << "ES-6: sync and syncfs leave it to fsync";
  device.flush_error = -ENOSPC;
  EXPECT_EQ(volume->syncfs(file), -ENOSPC);
  file.close();
  EXPECT_EQ(volume->syncfs(file), -EBADF);
}

}  // namespace
}  // namespace quire::tests
