// The blocks that begin reserves or allocates beyond a write, and the limits to them.
#include "ref/linux/xfs/buffered_write_ops.h"
#include "tests/ref/linux/xfs/begin_fixture.h"

#include <cerrno>

namespace quire::tests {
namespace {

using ref::iomap::Kind;
using ref::iomap::Mapping;
using ref::iomap::Request;
using ref::xfs::Inode;

TEST(XfsBeginReserve, GrowingFilesArePreallocated) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 32, 100);
  file.size = 32 * kBlock;
  const Answer answer = begin(file, 32 * kBlock, kBlock);
  // Twice the run is 64 blocks; 900 of 1000 are free. 32 is a multiple of 16: it ends at 96.
  EXPECT_EQ(answer.mapping.end(), 96 * kBlock);
  EXPECT_TRUE(file.has_surplus_tail);
  EXPECT_EQ(volume.judge.all<spec::Prealloc<Number>>().back().size, 64U);
  // Not past the size: the file does not grow.
  EXPECT_EQ(begin(file, 0, kBlock).error, 0);
  EXPECT_EQ(volume.judge.all<spec::Prealloc<Number>>().size(), 1U);
}

TEST(XfsBeginReserve, OnlyOnePieceOfRealExtentsCountsForPreallocation) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 16, 100);
  put_written(file, 16, 16, 200);
  put_written(file, 32, 8, 216);
  file.size = 40 * kBlock;
  begin(file, 40 * kBlock, kBlock);
  const auto made = volume.judge.all<spec::Prealloc<Number>>().back();
  EXPECT_EQ(made.facts.base, 24U);
  EXPECT_EQ(made.size, 32U);
}

TEST(XfsBeginReserve, PreallocationIsDroppedBeforeTheWriteFails) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 32, 100);
  file.size = 32 * kBlock;
  const Number left = 16;
  ASSERT_TRUE(volume.mount.space.reserve(volume.mount.space.free() - left));
  const Answer answer = begin(file, 32 * kBlock, kBlock);
  EXPECT_EQ(answer.error, 0);
  EXPECT_EQ(answer.mapping.length, kBlock);
  EXPECT_FALSE(file.has_surplus_tail);
  // 10 are left: each block needs 5 more for its index.
  EXPECT_EQ(begin(file, 40 * kBlock, 6 * kBlock).error, -ENOSPC);
  EXPECT_EQ(begin(file, 40 * kBlock, 5 * kBlock).error, 0);
  volume.mount.space.unreserve(1000 - 32 - left);
}

TEST(XfsBeginReserve, QuotaIsUndoneWhenSpaceOrALaterRecordFails) {
  ref::xfs::MountOptions options;
  options.quota_enforced = {true, false, true};
  XfsVolume volume(options);
  Inode file(volume.mount, 1, {.user = 7, .group = 8, .project = 9});
  volume.mount.quotas.find(ref::xfs::QuotaType::project, 9).set_limits(0, 10);
  volume.mount.quotas.find(ref::xfs::QuotaType::group, 8).set_limits(0, 1);  // not enforced
  EXPECT_EQ(begin(file, 0, 11 * kBlock).error, -EDQUOT);
  EXPECT_EQ(volume.mount.quotas.find(ref::xfs::QuotaType::user, 7).reserved(), 0U);
  EXPECT_EQ(begin(file, 0, 10 * kBlock).error, 0);
  EXPECT_EQ(volume.mount.quotas.find(ref::xfs::QuotaType::user, 7).reserved(), 10U);
}

TEST(XfsBeginReserve, AnExtentSizeHintAllocatesAtOnce) {
  XfsVolume volume({.run_max = 5});
  Inode file(volume.mount, 1);
  file.extent_size_hint = 8;
  const Answer answer = begin(file, 10 * kBlock, kBlock);
  EXPECT_EQ(answer.mapping.kind, Kind::unwritten);
  EXPECT_TRUE(answer.mapping.is_new);
  EXPECT_EQ(answer.mapping.pos, 8 * kBlock);
  EXPECT_EQ(answer.mapping.length, 5 * kBlock);
  // The next call continues behind it. Its second run covers the block.
  const Answer next = begin(file, 22 * kBlock, kBlock);
  EXPECT_EQ(next.mapping.pos, 21 * kBlock);
  EXPECT_EQ(next.mapping.end(), 24 * kBlock);
  // A nowait call does not allocate, since it may wait for the log; an allocated extent is
  // answered.
  volume.judge.judge.waits.clear();
  Mapping mapping, source;
  const Request nowait{.write = true, .nowait = true};
  ref::xfs::BufferedWriteOps ops(file);
  EXPECT_EQ(ops.begin(100 * kBlock, kBlock, nowait, mapping, source), -EAGAIN);
  EXPECT_EQ(ops.begin(22 * kBlock, kBlock, nowait, mapping, source), 0);
  EXPECT_FALSE(volume.judge.judge.waited_for(spec::rank_of<spec::Transaction>));
}

// 5.2: behind a hole the run before it counts for nothing.
TEST(XfsBeginReserve, BehindAHoleTheLeastIsPreallocated) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 64, 100);
  file.size = 64 * kBlock;
  EXPECT_EQ(begin(file, 100 * kBlock, kBlock).mapping.end(), 112 * kBlock);
}

}  // namespace
}  // namespace quire::tests
