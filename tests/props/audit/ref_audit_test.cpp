// The audits of ref, of its plain path and of its models, find nothing in a volume as it is, and
// the part that was tampered with.
#include "props/audit/ref_audit.h"
#include "props/audit/f2fs_audit.h"
#include "props/audit/xfs_audit.h"
#include "props/memory/poison_resource.h"
#include "props/peers/ref_device.h"
#include "tests/props/audit/broken_clauses.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace quire::props {
namespace {

using tests::open_up;

constexpr std::uint64_t kBytes = 1 << 20;
constexpr std::uint64_t kRefBlock = 1024;

template <class File>
void write(File& file, std::uint64_t pos, std::uint64_t length) {
  std::string bytes(length, 'x');
  const iovec whole{bytes.data(), bytes.size()};
  ASSERT_EQ(
      file.pwritev2(&whole, 1, static_cast<std::int64_t>(pos), 0),
      static_cast<std::int64_t>(length));
}

/// File 1 has blocks 0 to 15 on the device, and dirty blocks 20 and 21.
class RefAuditTest : public testing::Test {
 protected:
  RefAuditTest() {
    write(file_, 0, 16 * kRefBlock);
    EXPECT_EQ(file_.fsync(), 0);
    write(file_, 20 * kRefBlock, kRefBlock + 500);
    EXPECT_EQ(found(), "");
  }

  std::string found() {
    audit(*volume_, memory_.in_use(), broken_);
    return broken_.take();
  }
  ref::FirstFit& space() { return open_up(volume_->superblock()).space; }
  ref::Inode& inode() { return open_up(volume_->inodes().at(1)); }
  ref::Folio& folio(std::uint64_t pos) { return *inode().pages.find(pos); }

  RefDevice device_{kBytes};
  PoisonResource memory_;
  std::unique_ptr<ref::Volume> volume_ =
      ref::Volume::make(device_, {.block_size = kRefBlock, .memory = &memory_}).value();
  ref::File file_ = volume_->open(1);
  tests::BrokenClauses broken_;
};

TEST_F(RefAuditTest, FindsAReservationWithoutADirtyBlock) {
  EXPECT_TRUE(space().reserve(1));
  EXPECT_EQ(found(), "books.reservations_back_dirty_blocks");
}

TEST_F(RefAuditTest, FindsABlockThatIsFreedAndStillMapped) {
  space().free(file_.device_block_of(3).value());
  EXPECT_EQ(found(), "books.add_up volume_audit.marks_are_the_mapped_blocks");
}

TEST_F(RefAuditTest, FindsABlockThatIsMappedTwice) {
  inode().blocks.insert(17, file_.device_block_of(3).value());
  EXPECT_EQ(found(), "volume_audit.block_has_one_owner");
}

TEST_F(RefAuditTest, FindsFoliosThatAreWrong) {
  folio(20 * kRefBlock).locked = true;
  EXPECT_EQ(found(), "folio_audit.is_idle");
  folio(20 * kRefBlock).locked = false;
  folio(20 * kRefBlock).blocks[0].uptodate = false;
  EXPECT_EQ(found(), "folio_audit.dirty_blocks_are_uptodate");
  folio(20 * kRefBlock).blocks[0].uptodate = true;
  folio(20 * kRefBlock).bytes(22 * kRefBlock - 1, 22 * kRefBlock).front() = std::byte{1};
  EXPECT_EQ(found(), "folio_audit.is_zero_past_the_end");
}

TEST_F(RefAuditTest, FindsACursorOfAnErrorThatNeverWas) {
  audit_cursor(0, {0, 0}, broken_);
  EXPECT_EQ(broken_.take(), "");
  audit_cursor(0x1000 | EIO, {0, 0x1000 | EIO}, broken_);
  EXPECT_EQ(broken_.take(), "");
  audit_cursor(EIO, {0, 0x1000 | EIO}, broken_);
  EXPECT_EQ(broken_.take(), "cursor_audit.is_a_seen_error") << "the word was not seen";
  audit_cursor(0x1000, {0, 0}, broken_);
  EXPECT_EQ(broken_.take(), "cursor_audit.error_word_has_an_errno");
}

/// File 1 has 16 blocks, of which file 2 shares the first eight. Blocks 0 and 1 of file 2 are
/// dirty, with space in its CoW fork, and so are blocks 100 and 101, with delayed space in the data
/// fork.
class XfsAuditTest : public testing::Test {
 protected:
  XfsAuditTest() {
    write(first_, 0, 16 * kRefBlock);
    EXPECT_EQ(first_.fsync(), 0);
    EXPECT_EQ(second_.clone_range(first_, 0, 8 * kRefBlock, 0), 0);
    write(second_, 0, 2 * kRefBlock);
    write(second_, 100 * kRefBlock, 2 * kRefBlock);
    EXPECT_EQ(found(), "");
  }

  std::string found(std::uint64_t held_back = 0) {
    audit(*volume_, memory_.in_use(), held_back, {}, broken_);
    return broken_.take();
  }
  ref::xfs::Inode& inode(std::uint64_t number) { return volume_->node(number).inode; }

  RefDevice device_{kBytes};
  PoisonResource memory_;
  std::unique_ptr<ref::xfs::Volume> volume_ =
      ref::xfs::Volume::make(device_, {.block_size = kRefBlock, .memory = &memory_}).value();
  ref::xfs::File first_ = volume_->open(1, {}, {.user = 7}), second_ = volume_->open(2);
  tests::BrokenClauses broken_;
};

TEST_F(XfsAuditTest, FindsSpaceThatIsNotCounted) {
  EXPECT_TRUE(volume_->mount().space.reserve(1));
  EXPECT_EQ(found(), "space.adds_up");
  EXPECT_EQ(found(1), "") << "the checker holds it";
  volume_->mount().space.share({inode(1).data.extents().begin()->second.device_block, 1});
  EXPECT_EQ(found(1), "space.has_owners");
}

TEST_F(XfsAuditTest, FindsCountsOfAFileThatAreWrong) {
  --inode(1).real_blocks;
  EXPECT_EQ(found(), "space.file_counts_what_it_has");
}

TEST_F(XfsAuditTest, FindsQuotaThatAnotherOwnerIsCharged) {
  inode(1).dquots[0] = &volume_->mount().quotas.find(ref::xfs::QuotaType::user, 0);
  EXPECT_EQ(found(), "fork_audit.quota_records_are_the_owners");
  inode(1).dquots[0] = &volume_->mount().quotas.find(ref::xfs::QuotaType::user, 7);
  inode(1).dquots[0]->release(1);
  EXPECT_EQ(found(), "space.quota_counts_its_files");
  EXPECT_EQ(inode(1).dquots[0]->reserve(1, false), 0);
  inode(1).dquots[0]->use(1);
}

TEST_F(XfsAuditTest, FindsADirtyBlockWithoutSpace) {
  inode(2).data.remove(100, 1, ref::xfs::Shortage::share);
  EXPECT_NE(found().find("fork_audit.dirty_block_has_space"), std::string::npos);
}

TEST_F(XfsAuditTest, FindsADirtySharedBlockWithoutACopy) {
  inode(2).cow.remove(1, 1, ref::xfs::Shortage::share);
  EXPECT_NE(found().find("fork_audit.dirty_shared_block_is_copied"), std::string::npos);
}

TEST_F(XfsAuditTest, FindsADelayedBlockThatIsNotDirty) {
  inode(2).pages.find(100 * kRefBlock)->blocks[0].dirty = false;
  EXPECT_EQ(found(), "fork_audit.delayed_block_is_dirty");
}

TEST_F(XfsAuditTest, FindsMarksThatAreMissing) {
  inode(2).is_reflink = false;
  EXPECT_EQ(found(), "fork_audit.copies_are_of_a_sharer fork_audit.sharer_is_marked");
  inode(2).is_reflink = true;  // or it could not be closed
}

TEST_F(XfsAuditTest, FindsASizeOnDiskPastTheEnd) {
  inode(1).disk_size = inode(1).size + 1;
  EXPECT_EQ(found(), "fork_audit.disk_size_is_not_past_the_end");
}

TEST_F(XfsAuditTest, FindsExtentsThatOverlap) {
  auto& first = open_up(inode(2).data.extents()).begin()->second;
  ++first.count;
  first.index_blocks = 1;
  EXPECT_NE(found().find("fork_audit.extents_are_disjoint"), std::string::npos);
  --first.count;  // or the file could not be closed
}

/// File 1 is plain, and has pages 0 to 3 on the device and page 4 in the cache; page 2 has a node
/// block of its own, as each from there on. File 2 is stored compressed.
class F2fsAuditTest : public testing::Test {
 protected:
  F2fsAuditTest() {
    write(plain_, 0, 4 * 4096);
    write(packed_, 0, 4 * 4096);
    EXPECT_EQ(plain_.fsync(), 0);
    EXPECT_EQ(packed_.fsync(), 0);
    EXPECT_TRUE(packed_.is_stored_compressed(0));
    write(plain_, 4 * 4096, 100);
    EXPECT_EQ(found(), "");
  }

  std::string found() {
    audit(*volume_, {}, broken_);
    return broken_.take();
  }
  ref::f2fs::Superblock& superblock() { return open_up(volume_->superblock()); }
  ref::f2fs::Inode& inode(std::uint64_t number) { return *superblock().inodes.at(number); }
  ref::f2fs::Node& node(std::uint64_t number) { return inode(number).node; }

  RefDevice device_{kBytes};
  PoisonResource memory_;
  std::unique_ptr<ref::f2fs::Volume> volume_ =
      ref::f2fs::Volume::make(
          device_, {.memory = &memory_, .inode_addresses = 2, .dnode_addresses = 1})
          .value();
  ref::f2fs::File plain_ = volume_->open(1, {.owner = 7});
  ref::f2fs::File packed_ = volume_->open(2, {.compressed = true});
  tests::BrokenClauses broken_;
};

TEST_F(F2fsAuditTest, FindsCountsThatAreWrong) {
  ++node(1).blocks;
  EXPECT_EQ(found(), "f2fs_ledger.counts_what_is_owned");
  --node(1).blocks;
  --superblock().quotas[7].used;
  EXPECT_EQ(found(), "f2fs_ledger.counts_what_is_owned");
  ++superblock().quotas[7].used;
  ++superblock().valid;
  EXPECT_EQ(found(), "f2fs_ledger.valid_blocks_are_the_addresses");
}

TEST_F(F2fsAuditTest, FindsABlockThatTwoAddressesName) {
  superblock().area.invalidate(node(1).addresses.at(0));
  node(1).addresses.at(0) = node(1).addresses.at(1);
  EXPECT_EQ(found(), "area_audit.block_has_one_address f2fs_ledger.blocks_in_use_have_one_address");
}

TEST_F(F2fsAuditTest, FindsMarksThatNoAddressHas) {
  node(1).addresses.at(0) = ref::f2fs::kNewAddress;
  EXPECT_EQ(
      found(),
      "area_audit.live_blocks_have_an_address "
      "f2fs_ledger.blocks_in_use_have_one_address");
}

TEST_F(F2fsAuditTest, FindsACheckpointWhoseBlocksAreNotKept) {
  superblock().area.clear_kept();
  EXPECT_EQ(found(), "area_audit.kept_blocks_are_of_the_checkpoint");
}

TEST_F(F2fsAuditTest, FindsADirtyPageWithoutAnAddress) {
  node(1).addresses.erase(4);
  EXPECT_NE(found().find("node_audit.dirty_page_has_an_address"), std::string::npos);
}

TEST_F(F2fsAuditTest, FindsAnAddressWithoutItsNode) {
  node(1).dnodes.erase(1);
  EXPECT_NE(found().find("node_audit.address_has_its_node"), std::string::npos);
}

TEST_F(F2fsAuditTest, FindsClustersThatAreWrong) {
  node(2).is_compressed = false;
  EXPECT_EQ(found(), "node_audit.compress_heads_a_cluster");
  node(2).is_compressed = true;
  std::swap(node(2).addresses.at(1), node(2).addresses.at(3));
  EXPECT_EQ(found(), "node_audit.stored_cluster_is_packed");
  std::swap(node(2).addresses.at(1), node(2).addresses.at(3));
  node(2).addresses.emplace(9, ref::f2fs::kNullAddress);
  EXPECT_NE(found().find("node_audit.table_has_no_null"), std::string::npos);
}

TEST_F(F2fsAuditTest, FindsAnInlineFileWithBlocks) {
  node(1).is_inline = true;
  EXPECT_EQ(found(), "node_audit.inline_file_has_no_block");
}

}  // namespace
}  // namespace quire::props
