// The mappings that begin answers for a range of a file.
#include "ref/linux/xfs/bmap.h"
#include "tests/ref/linux/xfs/begin_fixture.h"

#include <cerrno>

namespace quire::tests {
namespace {

using ref::iomap::Kind;
using ref::iomap::Mapping;
using ref::iomap::Request;
using ref::xfs::ExtentState;
using ref::xfs::Inode;

TEST(XfsBegin, AHoleIsReservedAndNothingElseIsAnswered) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  const Answer first = begin(file, 5000, 100);
  EXPECT_EQ(first.error, 0);
  EXPECT_EQ(first.mapping.kind, Kind::delalloc);
  EXPECT_EQ(first.mapping.pos, kBlock);
  EXPECT_EQ(first.mapping.length, kBlock);
  EXPECT_TRUE(first.mapping.is_new);
  EXPECT_EQ(first.source.kind, Kind::hole);
  // The next block joins the extent, but the mapping is of the new block alone (BEG-1).
  const Answer second = begin(file, 2 * kBlock, kBlock);
  EXPECT_EQ(second.mapping.pos, 2 * kBlock);
  EXPECT_EQ(second.mapping.length, kBlock);
  EXPECT_TRUE(second.mapping.is_new);
  EXPECT_EQ(file.data.extents().size(), 1U);
  EXPECT_EQ(file.delayed_blocks, 2U);
  // An extent that is reserved already is answered whole, and is not new.
  const Answer again = begin(file, 5000, 1);
  EXPECT_EQ(again.mapping.length, 2 * kBlock);
  EXPECT_FALSE(again.mapping.is_new);
}

TEST(XfsBegin, AReservationStopsAtTheNextExtent) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  begin(file, 4 * kBlock, kBlock);
  const Answer answer = begin(file, kBlock, 10 * kBlock);
  EXPECT_EQ(answer.mapping.pos, kBlock);
  EXPECT_EQ(answer.mapping.end(), 4 * kBlock);
}

TEST(XfsBegin, AHoleIsFilledInPiecesOf1024Pages) {
  XfsVolume volume({}, 3000);
  Inode file(volume.mount, 1);
  EXPECT_EQ(begin(file, 0, 2000 * kBlock).mapping.length, 1024 * kBlock);
}

TEST(XfsBegin, ZeroAndUnshareTakeNoSpaceForAHole) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  begin(file, 4 * kBlock, kBlock);
  for (const Request& request : {kZero, kUnshare}) {
    const Answer answer = begin(file, 0, 10 * kBlock, request);
    EXPECT_EQ(answer.mapping.kind, Kind::hole);
    EXPECT_EQ(answer.mapping.end(), 4 * kBlock);
  }
  EXPECT_EQ(file.delayed_blocks, 1U);
}

TEST(XfsBegin, ZeroingStopsAtTheBlockOfTheSize) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  begin(file, 0, 10 * kBlock);
  file.size = 3 * kBlock + 1;
  const Answer answer = begin(file, kBlock, 9 * kBlock, kZero);
  EXPECT_EQ(answer.mapping.kind, Kind::delalloc);
  EXPECT_EQ(answer.mapping.end(), 4 * kBlock);
}

TEST(XfsBegin, ZeroingPastTheSizeMakesDelayedBlocksUnwrittenAndDropsTheCache) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  begin(file, 0, 10 * kBlock);
  file.size = kBlock;
  make_dirty(file, 5 * kBlock);
  const Answer answer = begin(file, 4 * kBlock, 2 * kBlock, kZero);
  EXPECT_EQ(answer.error, 0);
  EXPECT_EQ(answer.mapping.kind, Kind::unwritten);
  EXPECT_FALSE(answer.mapping.is_new);
  EXPECT_FALSE(is_dirty(file, 5 * kBlock));
  EXPECT_EQ(file.real_blocks, 10U);
}

TEST(XfsBegin, AnUnsharedBlockIsWrittenWhereItIs) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 8, 100);
  file.size = 8 * kBlock;
  const Answer answer = begin(file, kBlock, kBlock);
  EXPECT_EQ(answer.mapping.kind, Kind::mapped);
  EXPECT_EQ(answer.mapping.device_pos, 100 * kBlock);
  EXPECT_FALSE(answer.mapping.is_shared);
}

TEST(XfsBegin, ASharedBlockIsCopiedFromTheDataFork) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 8, 100, true);
  file.size = 8 * kBlock;
  const Answer answer = begin(file, 2 * kBlock, kBlock);
  EXPECT_EQ(answer.mapping.kind, Kind::delalloc);
  EXPECT_TRUE(answer.mapping.is_new);
  EXPECT_TRUE(answer.mapping.is_shared);
  EXPECT_EQ(answer.source.kind, Kind::mapped);
  EXPECT_EQ(answer.source.device_pos, 102 * kBlock);
  // Widened on both sides to the hint of 32 blocks, and known to block gc.
  EXPECT_EQ(answer.mapping.pos, 0U);
  EXPECT_EQ(answer.mapping.length, 32 * kBlock);
  EXPECT_TRUE(file.has_surplus_cow);
  // The neighbour is found in the CoW fork, and not new.
  const Answer next = begin(file, 5 * kBlock, kBlock);
  EXPECT_TRUE(next.mapping.is_shared);
  EXPECT_FALSE(next.mapping.is_new);
  unshare_blocks(file, 100, 8);
}

TEST(XfsBegin, AMappingEndsWhereSharingBegins) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 8, 100);
  file.is_reflink = true;
  volume.mount.space.share({104, 2});
  EXPECT_EQ(begin(file, 0, 8 * kBlock).mapping.end(), 4 * kBlock);
  file.cow_size_hint = 1;
  const Answer shared = begin(file, 4 * kBlock, 4 * kBlock);
  EXPECT_TRUE(shared.mapping.is_shared);
  EXPECT_EQ(shared.mapping.end(), 6 * kBlock);
  unshare_blocks(file, 104, 2);
}

TEST(XfsBegin, ACopyOverAHoleEndsAtTheNextExtent) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 2, 100, true);
  put_written(file, 6, 2, 106, true);
  begin(file, 0, kBlock);  // reserves blocks 0 to 31 of the CoW fork
  const Answer hole = begin(file, 3 * kBlock, kBlock);
  EXPECT_TRUE(hole.mapping.is_shared);
  EXPECT_EQ(hole.mapping.pos, 3 * kBlock);
  EXPECT_EQ(hole.mapping.end(), 6 * kBlock);
  EXPECT_EQ(hole.source.kind, Kind::hole);
  unshare_blocks(file, 100, 2);
  unshare_blocks(file, 106, 2);
}

TEST(XfsBegin, AlwaysCowWritesHolesToTheCowFork) {
  XfsVolume volume({.always_cow = true});
  Inode file(volume.mount, 1);
  EXPECT_TRUE(begin(file, 0, kBlock).mapping.is_shared);
  EXPECT_EQ(file.data.extents().size(), 0U);
}

TEST(XfsBegin, NowaitDoesNotReadTheExtents) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  file.extents_are_read = false;
  EXPECT_EQ(begin(file, 0, kBlock, {.write = true, .nowait = true}).error, -EAGAIN);
  EXPECT_EQ(begin(file, 0, kBlock).error, 0);
  EXPECT_EQ(begin(file, 0, kBlock, {.write = true, .nowait = true}).error, 0);
}

TEST(XfsBegin, AShutDownMountAnswersEio) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  volume.mount.is_shut_down = true;
  EXPECT_EQ(begin(file, 0, kBlock).error, -EIO);
}

TEST(XfsBegin, AHoleBeneathACopyAtTheStartOfTheDeviceIsNoCopy) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 1, 100, true);
  ASSERT_TRUE(volume.mount.space.reserve(2));
  ASSERT_EQ(volume.mount.space.allocate(2, 0).device_block, 0U);
  file.cow.insert({1, 2, ref::xfs::ExtentState::unwritten, 0, 0});
  file.delayed_blocks += 2;
  for (auto* dquot : file.dquots) ASSERT_EQ(dquot->reserve(2, false), 0);
  // Zeroing takes the hole, whose place on the device is no number at all.
  const Answer answer = begin(file, kBlock, 1, kZero);
  EXPECT_EQ(answer.mapping.kind, Kind::hole);
  EXPECT_FALSE(answer.mapping.is_shared);
  EXPECT_EQ(volume.judge.all<spec::XfsBegin<Number>>().back().in_cow_fork, 0U);
  unshare_blocks(file, 100, 1);
}

}  // namespace
}  // namespace quire::tests
