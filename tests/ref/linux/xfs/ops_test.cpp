// XFS's answers to iomap other than begin for a write: end, validity, begin for reads and seeks.
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/read_ops.h"
#include "tests/ref/linux/xfs/begin_fixture.h"

#include <cerrno>

namespace quire::tests {
namespace {

using ref::iomap::Kind;
using ref::iomap::Mapping;
using ref::iomap::Request;
using ref::xfs::Inode;

/// The blocks of a fork that are delayed within [start, start + count).
Number delayed_in(const ref::xfs::ExtentList& fork, Number start, Number count) {
  Number delayed = 0;
  for (Number block = start; block < start + count; ++block) {
    const ref::xfs::Extent* const found = fork.at_or_after(block);
    delayed += found != nullptr && found->covers(block) && found->is_delayed();
  }
  return delayed;
}

// DA-2: writeback may come between begin and end, while the writer waits.
TEST(XfsEnd, BlocksAllocatedMeanwhileAreNotReleased) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  const Answer answer = begin(file, 0, 4 * kBlock);
  ASSERT_TRUE(answer.mapping.is_new);
  ASSERT_TRUE(ref::xfs::convert_delayed(file, ref::xfs::Fork::data, 0).has_value());
  ASSERT_EQ(ops.end(0, 4 * kBlock, 0, kWrite, answer.mapping), 0);
  EXPECT_EQ(file.real_blocks, 4U);
}

TEST(XfsOps, ACookieHoldsUntilItsForkChanges) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  put_written(file, 0, 4, 100, true);
  const Answer plain = begin(file, 10 * kBlock, kBlock);
  EXPECT_TRUE(ops.valid(plain.mapping));
  const Answer copy = begin(file, 0, kBlock);
  EXPECT_TRUE(copy.mapping.is_shared);
  EXPECT_TRUE(ops.valid(plain.mapping));  // the CoW fork is not in its cookie
  EXPECT_TRUE(ops.valid(copy.mapping));
  ref::xfs::punch_delayed(file, ref::xfs::Fork::cow, 20 * kBlock, 21 * kBlock);
  EXPECT_FALSE(ops.valid(copy.mapping));
  EXPECT_TRUE(ops.valid(plain.mapping));
  ref::xfs::punch_delayed(file, ref::xfs::Fork::data, 10 * kBlock, 11 * kBlock);
  EXPECT_FALSE(ops.valid(plain.mapping));
  unshare_blocks(file, 100, 4);
}

TEST(XfsEnd, TheDataForkReleasesBlocksThatAShortWriteDidNotUse) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  const Answer answer = begin(file, 0, 8 * kBlock);
  file.size = 100;
  make_dirty(file, 0);
  EXPECT_EQ(ops.end(0, 8 * kBlock, 100, kWrite, answer.mapping), 0);
  EXPECT_EQ(delayed_in(file.data, 0, 1), 1U);
  EXPECT_EQ(file.delayed_blocks, 1U);
}

TEST(XfsEnd, BlocksReservedBeforeStay) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  begin(file, 0, 8 * kBlock);
  const Answer again = begin(file, 0, 8 * kBlock);
  EXPECT_EQ(ops.end(0, 8 * kBlock, 0, kWrite, again.mapping), 0);
  EXPECT_EQ(file.delayed_blocks, 8U);
}

TEST(XfsEnd, AFaultedPageKeepsItsReservation) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  const Request fault{.write = true, .fault = true};
  const Answer answer = begin(file, 0, kBlock, fault);
  EXPECT_EQ(ops.end(0, kBlock, 0, fault, answer.mapping), 0);
  EXPECT_EQ(file.delayed_blocks, 1U);
}

TEST(XfsEnd, TheCowForkReleasesACopy) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  put_written(file, 0, 2, 100, true);
  begin(file, 2 * kBlock, 2 * kBlock);  // delayed in the data fork: not shared, not to be touched
  file.size = 4 * kBlock;
  const Answer copy = begin(file, 0, 2 * kBlock);
  ASSERT_TRUE(copy.mapping.is_shared);
  ASSERT_EQ(delayed_in(file.cow, 0, 32), 32U);
  EXPECT_EQ(ops.end(0, 2 * kBlock, 0, kWrite, copy.mapping), 0);
  EXPECT_EQ(delayed_in(file.cow, 0, 2), 0U);
  EXPECT_EQ(delayed_in(file.cow, 2, 30), 30U);  // what the hint added is for block gc
  EXPECT_EQ(delayed_in(file.data, 2, 2), 2U);
  unshare_blocks(file, 100, 2);
}

TEST(XfsOps, TheDataForkIsReadAndTheCowForkIsSought) {
  XfsVolume volume({.always_cow = true});
  Inode file(volume.mount, 1);
  put_written(file, 0, 2, 100);
  begin(file, 4 * kBlock, kBlock);  // the CoW fork has blocks 2 to 31 or fewer
  Mapping mapping, source;
  ref::xfs::ReadOps reads(file);
  EXPECT_EQ(reads.begin(kBlock, 100 * kBlock, {}, mapping, source), 0);
  EXPECT_EQ(mapping.kind, Kind::mapped);
  EXPECT_EQ(mapping.end(), 2 * kBlock);
  EXPECT_EQ(reads.begin(4 * kBlock, 2 * kBlock, {}, mapping, source), 0);
  EXPECT_EQ(mapping.kind, Kind::hole);
  EXPECT_EQ(mapping.end(), 6 * kBlock);
  EXPECT_TRUE(reads.valid(mapping));
  ref::xfs::SeekOps seeks(file);
  EXPECT_EQ(seeks.begin(4 * kBlock, kBlock, {}, mapping, source), 0);
  EXPECT_EQ(mapping.kind, Kind::unwritten);
  EXPECT_TRUE(seeks.valid(mapping));
  EXPECT_EQ(seeks.begin(200 * kBlock, kBlock, {}, mapping, source), 0);
  EXPECT_EQ(mapping.kind, Kind::hole);
}

}  // namespace
}  // namespace quire::tests
