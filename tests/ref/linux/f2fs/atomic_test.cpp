// Atomic writes: all of them reach the file, or none.
#include "tests/ref/linux/f2fs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

struct F2fsAtomic : testing::Test, F2fsVolume {
  /// A file of three pages of ones, on the device.
  f2fs::File start() {
    f2fs::File file = plain();
    write(file, repeated(3 * kPage, 1), 0);
    EXPECT_EQ(file.fsync(), 0);
    EXPECT_EQ(file.start_atomic_write(), 0);
    return file;
  }
};

TEST_F(F2fsAtomic, IsReadByItsWriterAndKeptByACommit) {
  f2fs::File file = start();
  write(file, repeated(kPage, 2), 0);
  write(file, repeated(10, 2), 3 * kPage);
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 2));
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 2)) << "from the CoW inode's block";
  EXPECT_EQ(read(file, kPage, kPage), repeated(kPage, 1)) << "from its own";
  EXPECT_EQ(file.blocks(), 3u);
  EXPECT_EQ(file.commit_atomic_write(), 0);
  EXPECT_EQ(file.blocks(), 4u);
  EXPECT_EQ(volume->valid_blocks(), 4u);
  file.drop_cache();
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 2));
  EXPECT_EQ(file.size(), 3 * static_cast<std::int64_t>(kPage) + 10);
}

TEST_F(F2fsAtomic, IsGoneAfterAnAbort) {
  f2fs::File file = start();
  write(file, repeated(5 * kPage, 2), 0);
  file.fsync();
  write(file, repeated(10, 3), 5);
  EXPECT_EQ(file.abort_atomic_write(), 0);
  EXPECT_EQ(read(file, 9 * kPage, 0), repeated(3 * kPage, 1));
  EXPECT_EQ(volume->valid_blocks(), 3u);
}

TEST_F(F2fsAtomic, IsGoneAfterACrashUnlessItWasCommitted) {
  f2fs::File file = start();
  write(file, repeated(5 * kPage, 2), 0);
  EXPECT_EQ(file.fsync(), 0) << "a checkpoint, in the middle of it";
  volume->crash();
  EXPECT_EQ(read(file, 9 * kPage, 0), repeated(3 * kPage, 1));
  EXPECT_EQ(volume->valid_blocks(), 3u);

  EXPECT_EQ(file.start_atomic_write(), 0);
  write(file, repeated(5 * kPage, 3), 0);
  EXPECT_EQ(file.commit_atomic_write(), 0);
  EXPECT_EQ(file.fsync(), 0);
  volume->crash();
  EXPECT_EQ(read(file, 9 * kPage, 0), repeated(5 * kPage, 3));
}

TEST_F(F2fsAtomic, CountsEachBlockOnce) {
  f2fs::File file = start();
  write(file, repeated(10, 2), 0);
  write(file, repeated(10, 2), 20);
  EXPECT_EQ(file.atomic_writes(), 1u);
  write(file, repeated(kPage, 2), 2 * kPage);
  EXPECT_EQ(file.atomic_writes(), 2u);
  EXPECT_EQ(judge.atomic_reserves.size(), 3u);
}

TEST_F(F2fsAtomic, FillsAPageFromTheFileUntilTheCowInodeHasIt) {
  f2fs::File file = start();
  file.drop_cache();
  write(file, repeated(10, 2), 5);
  EXPECT_EQ(read(file, 1, 0), repeated(1, 1));
  file.fsync();
  file.drop_cache();
  write(file, repeated(10, 3), 20);
  Contents expected = repeated(kPage, 1);
  std::fill_n(expected.begin() + 5, 10, std::byte{2});
  std::fill_n(expected.begin() + 20, 10, std::byte{3});
  EXPECT_EQ(read(file, kPage, 0), expected);
}

TEST_F(F2fsAtomic, KeepsTheFilesBytesAroundAPageThatWasRejected) {
  // The CoW inode gets a block for the whole page; then only a part of the page arrives.
  f2fs::File file = start();
  file.drop_cache();
  EdgeBuffer source(10);
  source.fill(std::byte{2});
  EXPECT_EQ(write(file, source.data(), kPage, 0), 10);
  Contents expected = repeated(kPage, 1);
  std::fill_n(expected.begin(), 10, std::byte{2});
  EXPECT_EQ(read(file, kPage, 0), expected);
}

TEST_F(F2fsAtomic, StaysUncommittedWhenItCannotBeWritten) {
  f2fs::File file = start();
  write(file, repeated(2 * kPage, 2), 0);
  device.failing_writes = {device.writes + 2};
  EXPECT_EQ(file.commit_atomic_write(), -EIO);
  EXPECT_EQ(file.abort_atomic_write(), 0);
  EXPECT_EQ(read(file, 9 * kPage, 0), repeated(3 * kPage, 1));
}

TEST_F(F2fsAtomic, CommitThatFailsOnTheDeviceIsAnAbort) {
  f2fs::File file = start();
  write(file, repeated(2 * kPage, 2), 0);
  device.failing_writes = {device.writes + 2};
  EXPECT_EQ(file.commit_atomic_write(), -EIO);
  EXPECT_EQ(file.commit_atomic_write(), -EINVAL) << "else it would keep one page of the two";
  EXPECT_EQ(read(file, 9 * kPage, 0), repeated(3 * kPage, 1));
  EXPECT_EQ(volume->valid_blocks(), 3u);
}

TEST_F(F2fsAtomic, CommitKnowsOfAnEarlierFailure) {
  f2fs::File file = start();
  write(file, repeated(2 * kPage, 2), 0);
  device.failing_writes = {device.writes + 2};
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.commit_atomic_write(), -EIO);
  EXPECT_EQ(read(file, 9 * kPage, 0), repeated(3 * kPage, 1));
  EXPECT_EQ(file.start_atomic_write(), 0);
  write(file, repeated(2 * kPage, 3), 0);
  EXPECT_EQ(file.commit_atomic_write(), 0) << "another one is not burdened with it";
  EXPECT_EQ(read(file, 9 * kPage, 2 * kPage), repeated(kPage, 1));
}

TEST(F2fsAtomicNodes, ACommitWithoutANodeBlockMovesNothing) {
  F2fsVolume v(128, {.inode_addresses = 2, .dnode_addresses = 2});
  f2fs::File file = v.plain();
  write(file, repeated(kPage, 1), 0);
  file.fsync();
  ASSERT_EQ(file.start_atomic_write(), 0);
  ASSERT_EQ(write(file, repeated(10, 2), 0), 10);
  ASSERT_EQ(write(file, repeated(10, 2), 4 * kPage), 10);
  v.volume->set_quota(0, 4);  // as much as the two inodes have
  EXPECT_EQ(file.commit_atomic_write(), -EDQUOT);
  EXPECT_EQ(file.blocks(), 1u);
  v.volume->set_quota(0, 5);
  EXPECT_EQ(file.commit_atomic_write(), 0);
  EXPECT_EQ(read(file, 10, 4 * kPage), repeated(10, 2));
  EXPECT_EQ(read(file, 10, 0), repeated(10, 2));
  EXPECT_EQ(v.volume->valid_blocks(), 3u);
}

TEST_F(F2fsAtomic, IsNotForPinnedOrCompressedFiles) {
  f2fs::File pinned = plain(2), compressed = packed(3);
  pinned.set_pinned(true);
  EXPECT_EQ(pinned.start_atomic_write(), -EINVAL);
  EXPECT_EQ(compressed.start_atomic_write(), 0) << "it has no blocks yet, and becomes plain";
  EXPECT_EQ(compressed.abort_atomic_write(), 0);
  f2fs::File full = packed(4);
  write(full, repeated(10, 1), 0);
  EXPECT_EQ(full.start_atomic_write(), -EINVAL);
  EXPECT_EQ(full.commit_atomic_write(), -EINVAL);
  f2fs::File file = start();
  EXPECT_EQ(file.ftruncate(0), -EINVAL);
}

}  // namespace
}  // namespace quire::tests
