// The mapping of each dirty block, and the changes at completion.
#include "ref/linux/xfs/begin.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/reflink.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"

#include <cerrno>

namespace quire::tests {
namespace {

using ref::iomap::Ioend;
using ref::iomap::Kind;
using ref::iomap::Mapping;
using ref::xfs::ExtentState;
using ref::xfs::Inode;
using ref::xfs::WritebackOps;

/// Reserves [start, start + count), and has the file reach to its end.
void reserve(Inode& inode, Number start, Number count) {
  Mapping mapping, source;
  ref::xfs::Begin begin(inode, start * kBlock, count * kBlock, {.write = true});
  ASSERT_EQ(begin.run(mapping, source), 0);
  inode.size = std::max(inode.size, (start + count) * kBlock);
}

Mapping map(Inode& inode, Number block) {
  Mapping mapping;
  EXPECT_EQ(WritebackOps(inode).map_block(block * kBlock, mapping), 0);
  return mapping;
}

/// Reserves, allocates and completes [start, start + count).
void write_out(Inode& inode, Number start, Number count) {
  for (Number block = start; block < start + count; ++block) {
    Mapping mapping = map(inode, block);
    EXPECT_EQ(WritebackOps(inode).complete({block * kBlock, kBlock, mapping, 0}), 0);
  }
}

TEST(XfsWriteback, ADelayedExtentIsAllocatedWholeAndUnwritten) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  reserve(file, 0, 10);
  const Mapping mapping = map(file, 4);
  EXPECT_EQ(mapping.kind, Kind::unwritten);
  EXPECT_EQ(mapping.pos, 0U);
  EXPECT_EQ(mapping.length, 10 * kBlock);
  EXPECT_EQ(file.delayed_blocks, 0U);
  EXPECT_EQ(file.real_blocks, 10U);
  EXPECT_EQ(file.disk_size, 0U);
}

TEST(XfsWriteback, BrokenUpSpaceTakesSeveralTransactionsAndStopsAtTheBlock) {
  XfsVolume volume({.run_max = 3});
  Inode file(volume.mount, 1);
  reserve(file, 0, 10);
  map(file, 4);
  EXPECT_EQ(volume.judge.all<spec::DelayedConversion<Number>>().size(), 2U);
  EXPECT_EQ(file.real_blocks, 6U);
  EXPECT_EQ(file.delayed_blocks, 4U);
}

TEST(XfsWriteback, AHoleStaysAHoleUpToTheNextExtent) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  reserve(file, 4, 1);
  EXPECT_EQ(map(file, 1).kind, Kind::hole);
  EXPECT_EQ(map(file, 1).end(), 4 * kBlock);
}

TEST(XfsWriteback, CompletionMakesItWrittenAndThenTheSizeGrows) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  reserve(file, 0, 10);
  file.size = 2 * kBlock + 100;
  const Mapping mapping = map(file, 0);
  EXPECT_EQ(WritebackOps(file).complete({kBlock, kBlock + 100, mapping, 0}), 0);
  EXPECT_EQ(file.disk_size, 2 * kBlock + 100);
  EXPECT_EQ(file.data.at_or_after(0)->state, ExtentState::unwritten);
  EXPECT_EQ(file.data.at_or_after(1)->state, ExtentState::written);
  EXPECT_EQ(file.data.at_or_after(1)->count, 2U);
  // A run below it moves nothing.
  EXPECT_EQ(WritebackOps(file).complete({0, kBlock, mapping, 0}), 0);
  EXPECT_EQ(file.disk_size, 2 * kBlock + 100);
}

TEST(XfsWriteback, TheSizeOnDiskNeverPassesTheSizeInCore) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  reserve(file, 0, 4);
  const Mapping mapping = map(file, 0);
  file.size = kBlock;  // cut meanwhile
  EXPECT_EQ(WritebackOps(file).complete({0, 4 * kBlock, mapping, 0}), 0);
  EXPECT_EQ(file.disk_size, kBlock);
}

TEST(XfsWriteback, AnErrorLeavesUnwrittenBlocksAndTheSize) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  reserve(file, 0, 4);
  const Mapping mapping = map(file, 0);
  EXPECT_EQ(WritebackOps(file).complete({0, 4 * kBlock, mapping, -EIO}), -EIO);
  EXPECT_EQ(file.disk_size, 0U);
  EXPECT_EQ(file.data.at_or_after(0)->state, ExtentState::unwritten);
}

/// A file whose blocks 0 to 7 are shared with another, and blocks 2 and 3 about to be copied.
struct Shared {
  Shared() : first(volume.mount, 1), second(volume.mount, 2) {
    reserve(first, 0, 8);
    write_out(first, 0, 8);
    EXPECT_EQ(share_range(first, 0, second, 0, 8 * kBlock), 0);
    first.cow_size_hint = 1;
    reserve(first, 2, 2);
  }

  XfsVolume volume;
  Inode first, second;
};

TEST(XfsWriteback, TheCowForkWinsAndMovesToTheDataFork) {
  Shared files;
  const Number old = files.first.data.at_or_after(2)->device_block;
  EXPECT_FALSE(map(files.first, 1).is_shared);
  EXPECT_EQ(map(files.first, 1).end(), 2 * kBlock);  // ends where an extent of the CoW fork starts
  const Mapping mapping = map(files.first, 2);
  EXPECT_TRUE(mapping.is_shared);
  EXPECT_EQ(mapping.kind, Kind::unwritten);
  EXPECT_EQ(files.first.real_blocks, 8U);
  EXPECT_EQ(files.first.delayed_blocks, 2U);  // quota counts the CoW fork as reserved
  ref::xfs::record_ledger(files.volume.mount);
  EXPECT_EQ(WritebackOps(files.first).complete({2 * kBlock, 2 * kBlock, mapping, 0}), 0);
  EXPECT_EQ(files.first.delayed_blocks, 0U);
  EXPECT_TRUE(files.first.cow.extents().empty());
  EXPECT_EQ(files.first.data.at_or_after(2)->device_block * kBlock, mapping.device_pos);
  EXPECT_EQ(files.first.data.at_or_after(2)->state, ExtentState::written);
  EXPECT_EQ(files.volume.mount.space.owners(old + 2), 1U);
  EXPECT_EQ(files.volume.mount.space.owners(old + 4), 2U);
}

TEST(XfsWriteback, AnErrorOfACopyCancelsItAndTheDelayedBlocksUnderIt) {
  Shared files;
  const Mapping mapping = map(files.first, 2);
  // Under the copy the data fork has a delayed block.
  {
    const ref::xfs::Ilock lock(files.first.recorder, files.first.number);
    ref::xfs::unmap(files.first, ref::xfs::Fork::data, 3, 1);
  }
  files.first.is_reflink = false;
  reserve(files.first, 3, 1);
  files.first.is_reflink = true;
  EXPECT_EQ(WritebackOps(files.first).complete({2 * kBlock, 2 * kBlock, mapping, -EIO}), -EIO);
  EXPECT_TRUE(files.first.cow.extents().empty());
  EXPECT_EQ(files.first.data.at_or_after(3)->start, 4U);
  EXPECT_EQ(files.first.delayed_blocks, 0U);
}

TEST(XfsWriteback, AShutDownMountAnswersEio) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  reserve(file, 0, 4);
  const Mapping before = map(file, 0);
  volume.mount.is_shut_down = true;
  Mapping mapping;
  EXPECT_EQ(WritebackOps(file).map_block(0, mapping), -EIO);
  EXPECT_EQ(WritebackOps(file).complete({0, kBlock, before, 0}), -EIO);
  EXPECT_EQ(file.disk_size, 0U);
}

}  // namespace
}  // namespace quire::tests
