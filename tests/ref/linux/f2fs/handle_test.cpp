// The flags of a handle and of a call, the caller's limit, seeks, and errors that each handle
// reports once.
#include "ref/vfs/rw_flags.h"
#include "tests/ref/linux/f2fs/volume_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace quire::tests {
namespace {

struct F2fsHandle : testing::Test, F2fsVolume {
  static std::int64_t write(f2fs::File& to, const Contents& from, std::int64_t at, int flags = 0) {
    const iovec segment{const_cast<std::byte*>(from.data()), from.size()};
    return to.pwritev2(&segment, 1, at, flags);
  }
  static std::int64_t read(f2fs::File& from, std::int64_t at, int flags) {
    std::byte byte{};
    const iovec segment{&byte, 1};
    return from.preadv2(&segment, 1, at, flags);
  }
  f2fs::File appending() { return volume->open(1, {}, O_APPEND); }

  f2fs::File file = plain();
};

TEST_F(F2fsHandle, AppendGoesToTheEndForAnyOffset) {
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  EXPECT_EQ(write(file, repeated(5, 2), 3, ref::kAppend), 5);
  EXPECT_EQ(file.size(), 15);
  EXPECT_EQ(file.position(), 0) << "the call has an offset";
  EXPECT_EQ(write(file, repeated(5, 3), -1, ref::kAppend), 5);
  EXPECT_EQ(file.position(), 20) << "the position moves to the end, not by the count";
  EXPECT_EQ(tests::read(file, 5, 10), repeated(5, 2));
}

TEST_F(F2fsHandle, AppendsOfTwoHandlesFollowOneAnother) {
  f2fs::File one = appending();
  f2fs::File two = appending();
  EXPECT_EQ(write(one, repeated(3, 1), -1), 3);
  EXPECT_EQ(write(two, repeated(3, 2), -1), 3);
  EXPECT_EQ(write(one, repeated(3, 3), 0), 3);
  EXPECT_EQ(one.position(), 3);
  EXPECT_EQ(two.position(), 6);
  EXPECT_EQ(tests::read(file, 3, 6), repeated(3, 3));
  EXPECT_EQ(write(one, repeated(2, 4), 4, ref::kNoappend), 2);
  EXPECT_EQ(file.size(), 9);
  EXPECT_EQ(tests::read(file, 2, 4), repeated(2, 4));
}

TEST_F(F2fsHandle, HandleKeepsItsFlagAndItsErrorsWhereItMoves) {
  f2fs::File one = appending();
  EXPECT_EQ(write(one, repeated(3, 1), -1), 3);
  device.failing_writes = {1};
  EXPECT_EQ(file.fsync(), -EIO);
  f2fs::File two = std::move(one);
  file = std::move(two);
  EXPECT_EQ(write(file, repeated(3, 1), 0), 3);
  EXPECT_EQ(file.size(), 6);
  EXPECT_EQ(file.fsync(), -EIO) << "the moved handle has not seen the error";
}

TEST_F(F2fsHandle, UnknownAndContraryFlagsAreRefusedInThisOrder) {
  EXPECT_EQ(write(file, repeated(1, 1), 0, ref::kAppend | ref::kNoappend), -EINVAL);
  EXPECT_EQ(write(file, repeated(1, 1), 0, ref::kAppend | ref::kNoappend | 1 << 30), -EOPNOTSUPP);
  EXPECT_EQ(read(file, 0, 1 << 30), -EOPNOTSUPP);
  EXPECT_EQ(read(file, 0, ref::kAppend | ref::kNoappend), -EINVAL);
  EXPECT_EQ(file.size(), 0);
}

TEST_F(F2fsHandle, SyncMakesTheBytesDurableBeforeItReturns) {
  for (const int flag : {ref::kDsync, ref::kSync}) {
    const std::uint64_t flushes = device.flushes;
    EXPECT_EQ(write(file, repeated(kPage, flag), 0, flag), static_cast<long>(kPage));
    EXPECT_EQ(device.flushes, flushes + 1);
    volume->crash();
    EXPECT_EQ(tests::read(file, kPage, 0), repeated(kPage, flag));
  }
  EXPECT_EQ(write(file, repeated(kPage, 9), 0), static_cast<long>(kPage));
  volume->crash();
  EXPECT_EQ(tests::read(file, 1, 0), repeated(1, ref::kSync)) << "a write that was not synchronous";
}

TEST_F(F2fsHandle, FailedSyncReplacesTheCountAndThePositionStays) {
  device.flush_error = -EIO;
  EXPECT_EQ(write(file, repeated(10, 1), -1, ref::kDsync), -EIO);
  EXPECT_EQ(file.position(), 0);
  EXPECT_EQ(file.size(), 10);
}

TEST_F(F2fsHandle, ReadThatMayNotWaitDoesNotGoToTheDevice) {
  f2fs::File in_inode = small(2);
  f2fs::File clustered = packed(3);
  EXPECT_EQ(write(file, repeated(2 * kPage, 1), 0), static_cast<long>(2 * kPage));
  EXPECT_EQ(write(in_inode, repeated(10, 1), 0), 10);
  EXPECT_EQ(write(clustered, repeated(f2fs::kClusterSize, 1), 0), 4 * static_cast<long>(kPage));
  EXPECT_EQ(file.ftruncate(static_cast<long>(4 * kPage)), 0);
  EXPECT_EQ(read(file, 0, ref::kNowait), 1) << "it is cached";
  volume->sync();
  for (f2fs::File* one : {&file, &in_inode, &clustered}) one->drop_cache();
  EXPECT_EQ(read(file, 0, ref::kNowait), -EAGAIN);
  EXPECT_EQ(read(clustered, 0, ref::kNowait), -EAGAIN);
  EXPECT_EQ(read(file, static_cast<long>(2 * kPage), ref::kNowait), 1) << "a hole";
  EXPECT_EQ(read(in_inode, 0, ref::kNowait), 1) << "the inode is in memory";
  EXPECT_EQ(read(file, 0, 0), 1);
  EXPECT_EQ(read(file, 0, ref::kNowait), 1);
}

TEST_F(F2fsHandle, WriteStopsAtTheLimitAndSaysSoOnlyPastIt) {
  volume->caller().fsize_limit = 100;
  EXPECT_EQ(write(file, repeated(200, 1), 40), 60);
  EXPECT_EQ(volume->caller().fsize_signals, 0u);
  EXPECT_EQ(write(file, repeated(1, 1), 100), -EFBIG);
  EXPECT_EQ(volume->caller().fsize_signals, 1u);
  EXPECT_EQ(write(file, repeated(1, 1), 0, ref::kAppend), -EFBIG);
  EXPECT_EQ(write(file, repeated(1, 1), 200, ref::kNowait), -EINVAL) << "found before the limit";
  EXPECT_EQ(file.size(), 100);
  EXPECT_EQ(file.ftruncate(101), -EFBIG);
  EXPECT_EQ(file.ftruncate(50), 0);
  EXPECT_EQ(volume->caller().fsize_signals, 3u);
}

TEST_F(F2fsHandle, LimitCutsThePreallocationToo) {
  volume->caller().fsize_limit = kPage;
  EXPECT_EQ(write(file, repeated(4 * kPage, 1), 0), static_cast<long>(kPage));
  EXPECT_EQ(file.blocks(), 1u);
}

TEST_F(F2fsHandle, ImmutableFileIsRefusedBeforeTheLimit) {
  volume->caller().fsize_limit = 0;
  EXPECT_EQ(file.set_immutable(true), 0);
  EXPECT_EQ(write(file, repeated(1, 1), 0), -EPERM);
  EXPECT_EQ(file.ftruncate(1), -EPERM);
  EXPECT_EQ(volume->caller().fsize_signals, 0u);
}

TEST_F(F2fsHandle, SeeksMoveThePosition) {
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  EXPECT_EQ(file.lseek(7, SEEK_SET), 7);
  EXPECT_EQ(file.lseek(-3, SEEK_CUR), 4);
  EXPECT_EQ(file.lseek(5, SEEK_END), 15);
  EXPECT_EQ(file.position(), 15);
  EXPECT_EQ(file.lseek(-16, SEEK_CUR), -EINVAL);
  EXPECT_EQ(file.lseek(0, 99), -EINVAL);
  EXPECT_EQ(file.lseek(INT64_MAX, SEEK_CUR), -EINVAL);
  EXPECT_EQ(file.lseek(-1, SEEK_DATA), -ENXIO);
  EXPECT_EQ(file.lseek(10, SEEK_HOLE), -ENXIO);
  EXPECT_EQ(file.position(), 15) << "an error moves nothing";
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.lseek(0, SEEK_SET), -EBADF);
}

TEST_F(F2fsHandle, DataIsWrittenBytesInCacheInodeOrDevice) {
  const auto page = [](std::uint64_t index) { return static_cast<std::int64_t>(index * kPage); };
  EXPECT_EQ(write(file, repeated(kPage, 1), page(2)), page(1));
  EXPECT_EQ(file.ftruncate(std::int64_t{1} << 62), 0);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(file.lseek(5, SEEK_DATA), page(2));
    EXPECT_EQ(file.lseek(page(2) + 5, SEEK_DATA), page(2) + 5);
    EXPECT_EQ(file.lseek(5, SEEK_HOLE), 5);
    EXPECT_EQ(file.lseek(page(2) + 5, SEEK_HOLE), page(3));
    EXPECT_EQ(file.lseek(page(3), SEEK_DATA), -ENXIO);
    EXPECT_EQ(file.fsync(), 0);
    file.drop_cache();
  }
}

TEST_F(F2fsHandle, InlineAndStoredBytesAreDataToo) {
  f2fs::File in_inode = small(2);
  EXPECT_EQ(in_inode.ftruncate(100), 0);
  EXPECT_EQ(in_inode.lseek(0, SEEK_DATA), -ENXIO) << "it was never written";
  EXPECT_EQ(write(in_inode, repeated(10, 1), 0), 10);
  EXPECT_EQ(in_inode.fsync(), 0);
  in_inode.drop_cache();
  EXPECT_EQ(in_inode.lseek(3, SEEK_DATA), 3);
  EXPECT_EQ(in_inode.lseek(3, SEEK_HOLE), 100);
  EXPECT_EQ(in_inode.ftruncate(0), 0);
  EXPECT_EQ(in_inode.ftruncate(100), 0);
  EXPECT_EQ(in_inode.lseek(0, SEEK_DATA), -ENXIO) << "what was written there is gone";

  f2fs::File clustered = packed(3);
  EXPECT_EQ(write(clustered, repeated(f2fs::kClusterSize, 1), f2fs::kClusterSize), 4 * 4096);
  EXPECT_EQ(clustered.fsync(), 0);
  clustered.drop_cache();
  EXPECT_EQ(clustered.lseek(0, SEEK_DATA), 4 * 4096);
  EXPECT_EQ(clustered.lseek(7 * 4096, SEEK_DATA), 7 * 4096) << "its page has no block of its own";
  EXPECT_EQ(clustered.lseek(4 * 4096, SEEK_HOLE), 8 * 4096);
}

TEST_F(F2fsHandle, UncommittedAtomicWriteIsData) {
  EXPECT_EQ(file.ftruncate(4 * 4096), 0);
  EXPECT_EQ(file.start_atomic_write(), 0);
  EXPECT_EQ(write(file, repeated(10, 1), 4096), 10);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(file.lseek(0, SEEK_DATA), 4096);
  EXPECT_EQ(file.lseek(4096, SEEK_HOLE), 2 * 4096);
  EXPECT_EQ(file.abort_atomic_write(), 0);
  EXPECT_EQ(file.lseek(0, SEEK_DATA), -ENXIO);
}

// ES-1, ES-2.
TEST_F(F2fsHandle, EveryHandleReportsAnErrorOnce) {
  f2fs::File other = plain();
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  device.failing_writes = {1};
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(other.fdatasync(), -EIO);
  f2fs::File later = plain();
  for (f2fs::File* one : {&file, &other, &later}) EXPECT_EQ(one->fsync(), 0);
}

// ES-3, ES-6.
TEST_F(F2fsHandle, ErrorThatOnlySyncMetWaitsForFsyncAndSyncfs) {
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  device.failing_writes = {1};
  volume->sync();
  f2fs::File later = plain();
  f2fs::File other_file = plain(2);
  EXPECT_EQ(later.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(other_file.fsync(), 0) << "the file's own error";
  EXPECT_EQ(volume->syncfs(other_file), -EIO) << "the volume's";
  EXPECT_EQ(volume->syncfs(other_file), 0);
  EXPECT_EQ(volume->syncfs(file), -EIO);
}

TEST_F(F2fsHandle, SyncKeepsAllFilesThroughACrash) {
  f2fs::File other = plain(2);
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
  EXPECT_EQ(write(other, repeated(20, 2), 0), 20);
  EXPECT_EQ(volume->syncfs(file), 0);
  volume->crash();
  EXPECT_EQ(tests::read(file, 100, 0), repeated(10, 1));
  EXPECT_EQ(tests::read(other, 100, 0), repeated(20, 2));
  EXPECT_EQ(write(file, repeated(10, 3), 0), 10);
  volume->sync();
  volume->crash();
  EXPECT_EQ(tests::read(file, 100, 0), repeated(10, 3));
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(volume->syncfs(file), -EBADF);
}

TEST_F(F2fsHandle, CheckpointThatFailsIsAnsweredBySyncfs) {
  device.flush_error = -EIO;
  EXPECT_EQ(volume->syncfs(file), -EIO);
  device.flush_error = 0;
  EXPECT_EQ(volume->syncfs(file), -EIO) << "no checkpoint is made any more";
}

}  // namespace
}  // namespace quire::tests
