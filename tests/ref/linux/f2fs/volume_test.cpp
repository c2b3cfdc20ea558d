// An F2FS volume: its checkpoints, what a crash leaves, and its switches.
#include "tests/ref/linux/f2fs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

struct F2fsVolumes : testing::Test, F2fsVolume {};

TEST(F2fsVolumeMake, RefusesADeviceThatDoesNotFit) {
  MemoryDevice tiny(31 * kPage), coarse(64 * kPage, 8192);
  EXPECT_EQ(
      f2fs::Volume::make(tiny, {}).error(), "the device is too small: it has fewer than 32 blocks");
  EXPECT_EQ(f2fs::Volume::make(coarse, {}).error(), "the device's sector size 8192 is above 4096");
}

TEST_F(F2fsVolumes, KeepsBlocksBackSoThatFullFilesCanBeRewritten) {
  f2fs::File file = plain();
  EXPECT_EQ(write(file, repeated(200 * kPage, 1), 0), 112 * kPage);
  EXPECT_EQ(file.fsync(), 0);
  for (int round = 2; round < 5; ++round) {
    EXPECT_EQ(write(file, repeated(112 * kPage, round), 0), 112 * kPage);
    EXPECT_EQ(file.fsync(), 0);
    file.drop_cache();
    EXPECT_EQ(read(file, 200 * kPage, 0), repeated(112 * kPage, round));
  }
}

TEST_F(F2fsVolumes, RestoresTheLastCheckpointAfterACrash) {
  f2fs::File file = plain();
  write(file, repeated(10 * kPage, 1), 0);
  EXPECT_EQ(file.fsync(), 0);
  // Written over, and to the device, but not kept: no block of the checkpoint is touched.
  write(file, repeated(10 * kPage, 2), 0);
  EXPECT_EQ(file.start_atomic_write(), 0);
  volume->crash();
  EXPECT_EQ(read(file, 20 * kPage, 0), repeated(10 * kPage, 1));
  EXPECT_EQ(volume->valid_blocks(), 10u);
}

TEST_F(F2fsVolumes, CutsAPreallocationThatACrashLeftWhenTheFileIsOpened) {
  // A full log makes the writer wait for a checkpoint between preallocation and its end.
  F2fsVolume v(60);
  f2fs::File full = v.plain(2), file = v.plain();
  write(full, repeated(34 * kPage, 1), 0);
  ASSERT_EQ(full.fsync(), 0);
  write(full, repeated(19 * kPage, 2), 0);
  ASSERT_EQ(full.start_atomic_write(), 0);
  ASSERT_EQ(v.volume->free_main_blocks(), 7u);
  ASSERT_EQ(full.abort_atomic_write(), 0);
  ASSERT_EQ(write(file, repeated(5 * kPage, 3), 0), 5 * static_cast<std::int64_t>(kPage));
  v.volume->crash();
  EXPECT_EQ(file.blocks(), 5u) << "the checkpoint saw the blocks, and a size of 0";
  EXPECT_EQ(file.size(), 0);
  f2fs::File again = v.plain();
  EXPECT_EQ(again.blocks(), 0u);
}

TEST_F(F2fsVolumes, WithoutCheckpointsAcceptsWritesWhileBlocksLast) {
  f2fs::File file = plain();
  write(file, repeated(100 * kPage, 1), 0);
  EXPECT_EQ(volume->disable_checkpoints(), 0);
  EXPECT_EQ(volume->free_main_blocks(), 28u);
  // Each dirty page will need a block, none becomes free, and 8 are held back.
  EXPECT_EQ(write(file, repeated(50 * kPage, 2), 0), 20 * static_cast<std::int64_t>(kPage));
  EXPECT_EQ(write(file, repeated(1, 2), 90 * kPage), -ENOSPC);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(volume->free_main_blocks(), 8u);
  EXPECT_EQ(write(file, repeated(1, 2), 0), -ENOSPC);
  volume->enable_checkpoints();
  EXPECT_EQ(volume->checkpoint(), 0);
  EXPECT_EQ(write(file, repeated(1, 2), 0), 1);
}

TEST_F(F2fsVolumes, AnFsyncWithoutCheckpointsDoesNotOutliveACrash) {
  f2fs::File file = plain();
  write(file, repeated(kPage, 1), 0);
  ASSERT_EQ(volume->disable_checkpoints(), 0);
  write(file, repeated(kPage, 2), 0);
  EXPECT_EQ(file.fsync(), 0);
  volume->crash();
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 1));
}

TEST_F(F2fsVolumes, ACheckpointThatFailsIsTheLast) {
  f2fs::File file = plain();
  write(file, repeated(kPage, 1), 0);
  device.flush_error = -EIO;
  EXPECT_EQ(file.fsync(), -EIO) << "the device's own answer";
  EXPECT_EQ(write(file, repeated(1, 1), 0), 1);
  EXPECT_EQ(volume->checkpoint(), -EIO);
  device.flush_error = 0;
  EXPECT_EQ(write(file, repeated(1, 1), 0), -EIO);
  EXPECT_EQ(volume->checkpoint(), -EIO);
}

TEST_F(F2fsVolumes, APageThatCouldNotBeWrittenKeepsItsOldBlock) {
  f2fs::File file = plain();
  write(file, repeated(2 * kPage, 1), 0);
  file.fsync();
  write(file, repeated(3 * kPage, 2), 0);
  device.failing_writes = {device.writes + 1, device.writes + 3};
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), 0) << "each handle reports the error once";
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 2));
  file.drop_cache();
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 1));
  EXPECT_EQ(read(file, kPage, kPage), repeated(kPage, 2));
  EXPECT_EQ(read(file, kPage, 2 * kPage), repeated(kPage, 0)) << "never what the device held";
}

TEST_F(F2fsVolumes, AClosedHandleAnswersEbadf) {
  f2fs::File file = plain();
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.close(), -EBADF);
  EXPECT_EQ(write(file, repeated(1, 1), 0), -EBADF);
  EXPECT_EQ(file.fsync(), -EBADF);
  EXPECT_EQ(file.ftruncate(1), -EBADF);
  EXPECT_EQ(file.ftruncate(-1), -EINVAL);
  EXPECT_EQ(file.start_atomic_write(), -EBADF);
  EXPECT_EQ(file.size(), -EBADF);
  EXPECT_EQ(file.device_block_of(0), std::nullopt);
}

TEST_F(F2fsVolumes, MovesThePositionByTheBytesWrittenAndRead) {
  f2fs::File file = plain();
  const Contents bytes = repeated(100, 1);
  const iovec segment{const_cast<std::byte*>(bytes.data()), bytes.size()};
  EXPECT_EQ(file.pwritev2(&segment, 1, -1, 0), 100);
  EXPECT_EQ(file.position(), 100);
  EXPECT_EQ(file.preadv2(&segment, 1, -1, 0), 0);
  EXPECT_EQ(file.pwritev2(&segment, 1, -2, 0), -EINVAL);
}

}  // namespace
}  // namespace quire::tests
