// Clones: a range that reads as another one.
#include "tests/ref/plain/volume_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace quire::tests {
namespace {

class Clone : public EachBlockSize {
 protected:
  std::int64_t bs = static_cast<std::int64_t>(GetParam());
  ref::File source = volume->open(1);
  ref::File target = volume->open(2);
};

TEST_P(Clone, ReadsAsItsSourceAndIsNotChangedWithIt) {
  EXPECT_EQ(write(source, repeated(3 * GetParam(), 1), 0), 3 * bs);
  EXPECT_EQ(write(target, repeated(4 * GetParam(), 2), 0), 4 * bs);
  EXPECT_EQ(target.clone_range(source, bs, 2 * bs, bs), 0);
  EXPECT_EQ(write(source, repeated(3 * GetParam(), 3), 0), 3 * bs);
  EXPECT_EQ(read(target, 2 * GetParam(), bs), repeated(2 * GetParam(), 1));
  EXPECT_EQ(read(target, GetParam(), 0), repeated(GetParam(), 2));
  EXPECT_EQ(read(target, GetParam(), 3 * bs), repeated(GetParam(), 2));
  EXPECT_EQ(target.size(), 4 * bs);
}

TEST_P(Clone, HolesBecomeHolesAndTheFileGrows) {
  EXPECT_EQ(write(source, repeated(10, 1), 2 * bs), 10);
  EXPECT_EQ(write(target, repeated(2 * GetParam(), 2), 0), 2 * bs);
  EXPECT_EQ(target.clone_range(source, 0, 0, bs), 0);
  EXPECT_EQ(target.size(), 3 * bs + 10);
  EXPECT_EQ(read(target, 2 * GetParam(), bs), repeated(2 * GetParam(), 0));
  EXPECT_EQ(read(target, 100, 3 * bs), repeated(10, 1));
  EXPECT_EQ(target.lseek(0, SEEK_HOLE), bs);
  EXPECT_EQ(target.lseek(bs, SEEK_DATA), 3 * bs);
}

/// A step for each block of the hole would take hours.
TEST_P(Clone, OfAHoleOfManyTerabytesCostsNoMoreThanItsData) {
  constexpr std::int64_t kFar = std::int64_t{1} << 62;
  EXPECT_EQ(write(source, repeated(10, 1), kFar), 10);
  EXPECT_EQ(write(target, repeated(10, 2), 2 * bs), 10);
  EXPECT_EQ(target.clone_range(source, 0, 0, bs), 0);
  EXPECT_EQ(target.size(), kFar + bs + 10);
  EXPECT_EQ(read(target, 10, 2 * bs), repeated(10, 0));
  EXPECT_EQ(read(target, 100, kFar + bs), repeated(10, 1));
  EXPECT_EQ(target.lseek(bs, SEEK_DATA), kFar + bs);
}

TEST_P(Clone, OfNothingChangesNothing) {
  EXPECT_EQ(target.clone_range(source, 0, 0, bs), 0);
  EXPECT_EQ(target.size(), 0);
}

TEST_P(Clone, BadRangesAreRefused) {
  EXPECT_EQ(write(source, repeated(3 * GetParam() + 10, 1), 0), 3 * bs + 10);
  EXPECT_EQ(target.ftruncate(8 * bs), 0);
  EXPECT_EQ(target.clone_range(source, 1, bs, 0), -EINVAL) << "not at a block";
  EXPECT_EQ(target.clone_range(source, 0, bs, 1), -EINVAL) << "not at a block";
  EXPECT_EQ(target.clone_range(source, 0, bs + 1, 0), -EINVAL) << "not whole blocks";
  EXPECT_EQ(target.clone_range(source, 3 * bs, 10, 0), -EINVAL) << "a part before the end";
  EXPECT_EQ(target.clone_range(source, 3 * bs, 10, 8 * bs), 0);
  EXPECT_EQ(target.clone_range(source, 0, 4 * bs, 0), -EINVAL) << "past the source's end";
  EXPECT_EQ(target.clone_range(source, 4 * bs, 0, 0), -EINVAL) << "from past the source's end";
  EXPECT_EQ(source.clone_range(source, 0, 2 * bs, bs), -EINVAL) << "onto itself";
  EXPECT_EQ(source.clone_range(source, 0, bs, bs), 0) << "behind the source";
  EXPECT_EQ(target.clone_range(source, -1, bs, 0), -EINVAL);
  EXPECT_EQ(target.clone_range(source, 0, bs, INT64_MAX), -EINVAL);
  EXPECT_EQ(volume->open(2, O_APPEND).clone_range(source, 0, bs, 0), -EBADF);
}

TEST_P(Clone, LimitOnSizesRefusesAllOfIt) {
  EXPECT_EQ(write(source, repeated(3 * GetParam(), 1), 0), 3 * bs);
  volume->caller().fsize_limit = GetParam();
  EXPECT_EQ(target.clone_range(source, 0, bs, bs), -EFBIG);
  EXPECT_EQ(volume->caller().fsize_signals, 1u);
  EXPECT_EQ(target.clone_range(source, 0, 2 * bs, 0), -EINVAL) << "a part of it";
  EXPECT_EQ(target.clone_range(source, 0, bs, 0), 0);
  EXPECT_EQ(target.size(), bs);
}

TEST_P(Clone, WithoutSpaceChangesNothing) {
  const auto most = static_cast<std::int64_t>(volume->blocks());
  EXPECT_EQ(source.fallocate(FALLOC_FL_KEEP_SIZE, 0, (most - 1) * bs), 0);
  EXPECT_EQ(write(source, repeated(2 * GetParam(), 1), 0), 2 * bs);
  EXPECT_EQ(target.clone_range(source, 0, 2 * bs, 0), -ENOSPC);
  EXPECT_EQ(target.size(), 0);
  EXPECT_EQ(volume->free_blocks(), 1u);
  EXPECT_EQ(target.clone_range(source, 0, bs, 0), 0);
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, Clone, testing::Values(512, 4096));

TEST(Syncfs, WritesEveryFileToTheDevice) {
  JudgedVolume v(1024);
  ref::File one = v.volume->open(1);
  ref::File two = v.volume->open(2);
  EXPECT_EQ(write(one, repeated(2048, 1), 0), 2048);
  EXPECT_EQ(write(two, repeated(2048, 2), 0), 2048);
  v.device.failing_writes = {1};
  EXPECT_EQ(v.volume->syncfs(two), -EIO);
  EXPECT_EQ(v.mapped(one, 4), 1u) << "the others are written all the same";
  EXPECT_EQ(v.mapped(two, 4), 2u);
  EXPECT_EQ(v.volume->reserved_blocks(), 0u);
  EXPECT_EQ(v.volume->syncfs(two), 0);
  EXPECT_EQ(v.device.flushes, 2u);
}

}  // namespace
}  // namespace quire::tests
