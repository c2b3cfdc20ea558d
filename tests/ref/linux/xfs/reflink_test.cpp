// Files that share blocks.
#include "ref/linux/xfs/reflink.h"
#include "ref/linux/xfs/begin.h"
#include "ref/linux/xfs/bmap.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"

#include <cerrno>
#include <optional>

namespace quire::tests {
namespace {

using ref::xfs::ExtentState;
using ref::xfs::Fork;
using ref::xfs::Inode;
using ref::xfs::share_range;

/// `file` becomes `count` written blocks.
void fill(Inode& file, Number count) {
  ref::iomap::Mapping mapping, source;
  ref::xfs::Begin begin(file, 0, count * kBlock, {.write = true});
  ASSERT_EQ(begin.run(mapping, source), 0);
  ASSERT_TRUE(ref::xfs::convert_delayed(file, Fork::data, 0).has_value());
  file.data.mark_written(0, count);
  file.size = file.disk_size = count * kBlock;
}

TEST(XfsReflink, BlocksHaveTwoOwnersUntilOneFileIsGone) {
  XfsVolume volume;
  Inode first(volume.mount, 1);
  {
    Inode second(volume.mount, 2);
    fill(first, 8);
    EXPECT_EQ(share_range(first, 2 * kBlock, second, 0, 4 * kBlock), 0);
    EXPECT_EQ(second.size, 4 * kBlock);
    EXPECT_EQ(second.disk_size, 4 * kBlock);
    EXPECT_EQ(second.real_blocks, 4U);
    EXPECT_EQ(
        second.data.at_or_after(0)->device_block, first.data.at_or_after(0)->device_block + 2);
    EXPECT_EQ(volume.mount.space.allocated(), 8U);
    // Both pay for them.
    EXPECT_EQ(volume.mount.quotas.find(ref::xfs::QuotaType::user, 0).used(), 12U);
    ref::xfs::record_ledger(volume.mount);
  }
  const Number device_block = first.data.at_or_after(0)->device_block;
  EXPECT_EQ(volume.mount.space.owners(device_block + 2), 1U);
  EXPECT_EQ(volume.mount.space.allocated(), 8U);
}

TEST(XfsReflink, HolesAndUnwrittenBlocksBecomeHoles) {
  XfsVolume volume;
  Inode first(volume.mount, 1);
  Inode second(volume.mount, 2);
  fill(first, 8);
  fill(second, 8);
  {
    const ref::xfs::Ilock lock(first.recorder, first.number);
    ref::xfs::unmap(first, Fork::data, 1, 1);
    ref::xfs::unmap(first, Fork::data, 4, 1);
  }
  first.data.insert({4, 1, ExtentState::unwritten, 900, 0});  // a block without an owner
  EXPECT_EQ(share_range(first, 0, second, 0, 8 * kBlock), 0);
  EXPECT_EQ(second.data.real_blocks(), 6U);
  EXPECT_EQ(second.data.at_or_after(1)->start, 2U);
  EXPECT_EQ(second.data.at_or_after(4)->start, 5U);
  first.data.remove(4, 1, ref::xfs::Shortage::share);
}

TEST(XfsReflink, TheFormerBlocksOfTheRangeAreUnmapped) {
  XfsVolume volume;
  Inode first(volume.mount, 1);
  Inode second(volume.mount, 2);
  fill(first, 4);
  fill(second, 4);
  EXPECT_EQ(volume.mount.space.allocated(), 8U);
  EXPECT_EQ(share_range(first, 0, second, 0, 4 * kBlock), 0);
  EXPECT_EQ(volume.mount.space.allocated(), 4U);
}

TEST(XfsReflink, ARangeMayEndInsideTheLastBlock) {
  XfsVolume volume;
  Inode first(volume.mount, 1);
  Inode second(volume.mount, 2);
  fill(first, 4);
  first.size = 3 * kBlock + 5;
  EXPECT_EQ(share_range(first, 2 * kBlock, second, 0, kBlock + 5), 0);
  EXPECT_EQ(second.size, kBlock + 5);
  EXPECT_EQ(second.real_blocks, 2U);
}

TEST(XfsReflink, WithoutQuotaNothingIsGivenUp) {
  ref::xfs::MountOptions options;
  options.quota_enforced = {true, false, false};
  XfsVolume volume(options);
  Inode first(volume.mount, 1, {.user = 1});
  Inode second(volume.mount, 2, {.user = 2});
  fill(first, 4);
  fill(second, 4);
  volume.mount.quotas.find(ref::xfs::QuotaType::user, 2).set_limits(0, 7);
  EXPECT_EQ(share_range(first, 0, second, 0, 4 * kBlock), -EDQUOT);
  EXPECT_EQ(second.real_blocks, 4U);
  EXPECT_EQ(volume.mount.space.allocated(), 8U);
}

TEST(XfsReflink, SharingIsSeenBlockByBlock) {
  XfsVolume volume;
  Inode first(volume.mount, 1);
  Inode second(volume.mount, 2);
  fill(first, 8);
  EXPECT_EQ(share_range(first, 2 * kBlock, second, 0, 3 * kBlock), 0);
  const ref::xfs::Extent whole = *first.data.at_or_after(0);
  Number count = 0;
  EXPECT_FALSE(trim_around_shared(first, whole, count));
  EXPECT_EQ(count, 2U);
  const ref::xfs::Extent part{2, 6, ExtentState::written, whole.device_block + 2, 0};
  EXPECT_TRUE(trim_around_shared(first, part, count));
  EXPECT_EQ(count, 3U);
}

}  // namespace
}  // namespace quire::tests
