// Every handle reports an error of writeback once, from whichever handle the writeback came.
#include "tests/ref/plain/volume_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

namespace quire::tests {
namespace {

class FileErrors : public testing::Test, public JudgedVolume {
 protected:
  FileErrors() : JudgedVolume(4096) {}

  /// One dirty block, whose write is going to fail.
  void dirty_and_fail() {
    EXPECT_EQ(write(file, repeated(10, 1), 0), 10);
    device.failing_writes = {device.writes + 1};
  }

  ref::File file = volume->open(1);
};

TEST_F(FileErrors, EachHandleReportsOnceThoughAnotherStartedTheWriteback) {
  ref::File other = volume->open(1), stranger = volume->open(2);
  dirty_and_fail();
  EXPECT_EQ(other.fsync(), -EIO);
  EXPECT_EQ(other.fsync(), 0);
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(stranger.fsync(), 0) << "it is of another file";
}

TEST_F(FileErrors, LaterHandleReportsOnlyAnErrorThatNoneHasReported) {
  dirty_and_fail();
  volume->sync();
  ref::File later = volume->open(1);
  EXPECT_EQ(later.fsync(), -EIO);
  ref::File last = volume->open(1);
  EXPECT_EQ(last.fsync(), 0);
  EXPECT_EQ(file.fsync(), -EIO);
}

TEST_F(FileErrors, SyncAndTruncateTakeNothingAway) {
  dirty_and_fail();
  volume->sync();
  EXPECT_EQ(file.ftruncate(3), 0);
  volume->sync();
  EXPECT_EQ(file.fsync(), -EIO);
}

TEST_F(FileErrors, ErrorOutlivesTheHandleThatWrote) {
  dirty_and_fail();
  volume->sync();
  EXPECT_EQ(file.close(), 0);
  ref::File later = volume->open(1);
  EXPECT_EQ(later.fsync(), -EIO);
}

TEST_F(FileErrors, MovedHandleKeepsTheErrorsItHasSeen) {
  dirty_and_fail();
  EXPECT_EQ(file.fsync(), -EIO);
  ref::File moved = std::move(file);
  EXPECT_EQ(moved.fsync(), 0);
  ref::File other = volume->open(1);
  EXPECT_EQ(write(moved, repeated(10, 1), 0), 10);
  device.failing_writes = {device.writes + 1};
  volume->sync();
  EXPECT_EQ(moved.fsync(), -EIO);
  moved = std::move(other);
  EXPECT_EQ(moved.fsync(), -EIO);
}

TEST_F(FileErrors, SyncfsReportsAnErrorOfAnyFileOnceAHandle) {
  ref::File second = volume->open(2);
  dirty_and_fail();
  EXPECT_EQ(volume->syncfs(second), -EIO);
  EXPECT_EQ(volume->syncfs(second), 0);
  EXPECT_EQ(file.fsync(), -EIO) << "the file's own word is not the volume's";
  EXPECT_EQ(volume->syncfs(file), -EIO);
  EXPECT_EQ(second.close(), 0);
  EXPECT_EQ(volume->syncfs(second), -EBADF);
}

TEST_F(FileErrors, BytesThatATruncateCutOffDoNotReturnWhereTheirZeroesAreLost) {
  for (const bool by_write : {false, true}) {
    EXPECT_EQ(write(file, repeated(4096, 1), 0), 4096);
    EXPECT_EQ(file.fsync(), 0);
    EXPECT_EQ(file.ftruncate(100), 0);
    device.failing_writes = {device.writes + 1};
    EXPECT_EQ(file.fsync(), -EIO);
    file.drop_cache();
    if (by_write) {
      EXPECT_EQ(write(file, repeated(10, 2), 8192), 10);
    } else {
      EXPECT_EQ(file.ftruncate(4096), 0);
    }
    EXPECT_EQ(read(file, 3996, 100), repeated(3996, 0));
    EXPECT_EQ(file.fsync(), 0);
    file.drop_cache();
    EXPECT_EQ(read(file, 3996, 100), repeated(3996, 0));
  }
}

TEST_F(FileErrors, ErrorOfTheFlushIsForItsCallerAlone) {
  ref::File other = volume->open(1);
  device.flush_error = -EIO;
  EXPECT_EQ(file.fsync(), -EIO);
  device.flush_error = 0;
  EXPECT_EQ(other.fsync(), 0);
}

}  // namespace
}  // namespace quire::tests
