// Inline data of an F2FS file: kept in the inode, and made a block when it no longer fits.
#include "tests/ref/linux/f2fs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

struct F2fsInline : testing::Test, F2fsVolume {};

TEST_F(F2fsInline, NeedsNoBlockAndIsReadFromTheInode) {
  f2fs::File file = small();
  EXPECT_EQ(write(file, repeated(100, 1), f2fs::kInlineMax - 100), 100);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_TRUE(file.is_inline());
  EXPECT_EQ(file.blocks(), 0u);
  EXPECT_EQ(device.writes, 0u);
  EXPECT_EQ(read(file, 100, f2fs::kInlineMax - 100), repeated(100, 1));
  EXPECT_EQ(read(file, 10, 0), repeated(10, 0));
}

TEST_F(F2fsInline, BecomesABlockWhenAWriteReachesPastIt) {
  f2fs::File file = small();
  write(file, repeated(100, 1), 0);
  EXPECT_EQ(write(file, repeated(2, 2), f2fs::kInlineMax - 1), 2);
  EXPECT_FALSE(file.is_inline());
  EXPECT_EQ(device.writes, 1u) << "page 0 is written before the inode is cleared";
  ASSERT_EQ(judge.conversions.size(), 1u);
  EXPECT_EQ(judge.conversions[0].block_written, 1u);
  EXPECT_EQ(read(file, 100, 0), repeated(100, 1));
}

TEST_F(F2fsInline, BecomesABlockBeforeAnotherPageIsLocked) {
  f2fs::File file = small();
  write(file, repeated(100, 1), 0);
  EXPECT_EQ(write(file, repeated(7, 2), 3 * kPage), 7);
  EXPECT_FALSE(file.is_inline());
  EXPECT_EQ(file.blocks(), 2u);
  file.fsync();
  file.drop_cache();
  EXPECT_EQ(read(file, 100, 0), repeated(100, 1));
  EXPECT_EQ(read(file, 7, 3 * kPage), repeated(7, 2));
}

TEST_F(F2fsInline, WithoutDataOnlyLosesItsMark) {
  f2fs::File file = small();
  EXPECT_EQ(write(file, repeated(7, 2), kPage), 7);
  EXPECT_EQ(device.writes, 0u);
  EXPECT_EQ(file.blocks(), 1u);
}

TEST_F(F2fsInline, BecomesABlockForALargerSize) {
  f2fs::File file = small();
  write(file, repeated(100, 1), 0);
  EXPECT_EQ(file.ftruncate(f2fs::kInlineMax), 0);
  EXPECT_TRUE(file.is_inline());
  EXPECT_EQ(file.ftruncate(f2fs::kInlineMax + 1), 0);
  EXPECT_FALSE(file.is_inline());
  file.drop_cache();
  EXPECT_EQ(read(file, 200, 0).at(99), std::byte{1});
  EXPECT_EQ(read(file, 200, 0).at(100), std::byte{0});
}

TEST_F(F2fsInline, ThatWasCutStaysCut) {
  f2fs::File file = small();
  write(file, repeated(100, 1), 0);
  file.fsync();
  EXPECT_EQ(file.ftruncate(40), 0);
  EXPECT_EQ(file.ftruncate(100), 0);
  file.drop_cache();
  Contents expected = repeated(40, 1);
  expected.resize(100);
  EXPECT_EQ(read(file, 200, 0), expected);
}

TEST_F(F2fsInline, StaysWhenTheBlockCannotBeWrittenOrReserved) {
  f2fs::File file = small(), big = plain(2);
  write(file, repeated(100, 1), 0);
  device.failing_writes = {1};
  EXPECT_EQ(write(file, repeated(1, 2), kPage), -EIO);
  EXPECT_TRUE(file.is_inline());
  EXPECT_EQ(file.blocks(), 0u);

  ASSERT_EQ(write(big, repeated(200 * kPage, 1), 0), 112 * kPage);
  EXPECT_EQ(write(file, repeated(1, 2), kPage), -ENOSPC);
  EXPECT_EQ(file.ftruncate(kPage), -ENOSPC);
  EXPECT_TRUE(file.is_inline());
  EXPECT_EQ(read(file, 200, 0), repeated(100, 1));
}

TEST_F(F2fsInline, IsWholeAfterACrashAtAnyTimeOfItsConversion) {
  // A checkpoint before, after, or never: the bytes that were synced are inline or in the block.
  for (int checkpoints : {0, 1}) {
    F2fsVolume v;
    f2fs::File file = v.small();
    write(file, repeated(100, 1), 0);
    ASSERT_EQ(file.fsync(), 0);
    ASSERT_EQ(write(file, repeated(1, 2), kPage), 1);
    if (checkpoints == 1) {
      ASSERT_EQ(v.volume->checkpoint(), 0);
    }
    v.volume->crash();
    EXPECT_EQ(file.is_inline(), checkpoints == 0);
    EXPECT_EQ(read(file, 100, 0), repeated(100, 1));
  }
}

TEST_F(F2fsInline, WaitsForTheOpLockAfterPage0AndBeforeTheNode) {
  f2fs::File file = small();
  write(file, repeated(100, 1), 0);
  write(file, repeated(7, 2), kPage);
  EXPECT_TRUE(judge.waited_for(spec::rank_of<spec::OpLock>));
  EXPECT_TRUE(judge.waited_for(spec::rank_of<spec::NodeLock>));
}

}  // namespace
}  // namespace quire::tests
