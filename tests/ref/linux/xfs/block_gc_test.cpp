// Unused space is released, and no other.
#include "ref/linux/xfs/block_gc.h"
#include "ref/linux/xfs/begin.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"

namespace quire::tests {
namespace {

using ref::iomap::Mapping;
using ref::xfs::collect_blocks;
using ref::xfs::Inode;

/// A file of 20 blocks, of which one page is dirty, with a preallocated tail.
void grow(Inode& file) {
  for (Number block = 0; block < 20; ++block) {
    Mapping mapping, source;
    ref::xfs::Begin begin(file, block * kBlock, kBlock, {.write = true});
    ASSERT_EQ(begin.run(mapping, source), 0);
    file.size = (block + 1) * kBlock;
  }
  make_dirty(file, 0);
  ASSERT_TRUE(file.has_surplus_tail);
  ASSERT_LT(20U, file.delayed_blocks);
}

TEST(XfsBlockGc, AScanTakesTheTailAndNothingBelowTheSize) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  grow(file);
  collect_blocks(volume.mount, {});
  EXPECT_EQ(file.delayed_blocks, 20U);
  EXPECT_FALSE(file.has_surplus_tail);
}

TEST(XfsBlockGc, AFileMayKeepItsPreallocation) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  grow(file);
  const Number before = file.delayed_blocks;
  file.keeps_prealloc = true;
  collect_blocks(volume.mount, {});
  EXPECT_EQ(file.delayed_blocks, before);
}

TEST(XfsBlockGc, TheCowForkOfAFileIsTakenOnlyWhileItIsClean) {
  XfsVolume volume({.always_cow = true});
  Inode file(volume.mount, 1);
  Mapping mapping, source;
  ref::xfs::Begin begin(file, 0, kBlock, {.write = true});
  ASSERT_EQ(begin.run(mapping, source), 0);
  file.size = kBlock;
  make_dirty(file, 0);
  collect_blocks(volume.mount, {});
  EXPECT_EQ(file.delayed_blocks, 32U);
  make_clean(file, 0);
  collect_blocks(volume.mount, {});
  EXPECT_EQ(file.delayed_blocks, 0U);
}

TEST(XfsBlockGc, OnlyFilesOfANearlyFullQuotaRecordAreScanned) {
  for (const bool enforced : {true, false}) {
    ref::xfs::MountOptions options;
    // The group's record, where only groups are enforced.
    options.quota_enforced = {false, enforced, false};
    XfsVolume volume(options);
    Inode file(volume.mount, 1, {.group = 3});
    Inode other(volume.mount, 2, {.group = 4});
    grow(file);
    grow(other);
    ref::xfs::Dquot& group = volume.mount.quotas.find(ref::xfs::QuotaType::group, 3);
    EXPECT_FALSE(ref::xfs::collect_quota(file));
    const Number others = other.delayed_blocks;
    // Others of the group have used it up, but for less than a hundredth.
    group.set_limits(0, 1000);
    ASSERT_EQ(group.reserve(1000 - group.reserved(), false), 0);
    EXPECT_EQ(ref::xfs::collect_quota(file), enforced);
    EXPECT_EQ(file.delayed_blocks == 20, enforced);
    EXPECT_EQ(other.delayed_blocks, others);
    group.unreserve(group.reserved() - file.delayed_blocks);
  }
}

TEST(XfsBlockGc, ADeletedFileLeavesNothing) {
  XfsVolume volume;
  {
    Inode file(volume.mount, 1);
    grow(file);
  }
  EXPECT_EQ(volume.mount.space.free(), 1000U);
  EXPECT_TRUE(volume.mount.files.empty());
}

}  // namespace
}  // namespace quire::tests
