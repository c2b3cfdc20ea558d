// Bytes cached past the size, as a store through a mapping of the file leaves them: a later write
// further out must not show it. No handle stores there, so these tests go beneath the handles.
#include "ref/linux/f2fs/buffered_read.h"
#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/file_write.h"
#include "ref/linux/f2fs/writeback.h"
#include "ref/vfs/iolocked.h"
#include "ref/vfs/transfer.h"
#include "tests/ref/linux/f2fs/volume_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace quire::tests {
namespace {

class F2fsPastSize : public testing::Test {
 protected:
  static constexpr std::uint64_t kBlocks = 64;
  static constexpr std::uint64_t kSize = 100;  ///< bytes

  F2fsPastSize() {
    volume.user_blocks = kBlocks - f2fs::kOverprovision;
    volume.inode_addresses = volume.dnode_addresses = 100;
    write(repeated(kSize, 1), 0);
    std::ranges::fill(inode.pages.find(0)->bytes(kSize, kPage), std::byte{7});
  }
  ~F2fsPastSize() override { EXPECT_TRUE(judge.holds_nothing()); }

  void write(const Contents& from, std::uint64_t pos) {
    ref::vfs::Transfer transfer{{{const_cast<std::byte*>(from.data()), from.size()}}, pos};
    EXPECT_EQ(f2fs::file_write(inode, transfer), static_cast<std::int64_t>(from.size()));
  }

  Contents read_all() {
    const ref::vfs::Iolocked iolock(&judge, inode.number, inode.iolock_holders, false);
    Contents to(inode.node.size, std::byte{0x99});
    EXPECT_EQ(
        f2fs::buffered_read(inode, {{to.data(), to.size()}}, 0, false),
        static_cast<std::int64_t>(to.size()));
    return to;
  }

  /// The file ends with `last` at `pos`, and all between the old end and that is zero: in the cache
  /// and on the device.
  void expect_gap_is_zero(const Contents& last, std::uint64_t pos) {
    Contents expected = repeated(kSize, 1);
    expected.resize(pos);
    expected.insert(expected.end(), last.begin(), last.end());
    EXPECT_EQ(read_all(), expected);
    EXPECT_EQ(f2fs::writeback(inode, inode.node.size), 0);
    inode.pages.drop_from(0);
    EXPECT_EQ(read_all(), expected);
  }

  F2fsJudge judge;
  MemoryDevice device{(kBlocks + 1) * kPage};
  f2fs::Superblock volume{device, kBlocks, std::pmr::get_default_resource(), &judge};
  f2fs::Inode inode{volume, 1, 0};
};

TEST_F(F2fsPastSize, IsZeroedBeforeAWriteIntoALaterPage) {
  const Contents last = repeated(10, 2);
  write(last, 2 * kPage + 5);
  expect_gap_is_zero(last, 2 * kPage + 5);
}

TEST_F(F2fsPastSize, IsZeroedBeforeAWriteFurtherOutInItsPage) {
  const Contents last = repeated(10, 2);
  write(last, kSize + 50);
  expect_gap_is_zero(last, kSize + 50);
}

TEST_F(F2fsPastSize, IsDroppedWhereNoByteOfThePageIsTheFiles) {
  ref::Folio* const page = inode.pages.find_or_make(kPage);
  std::ranges::fill(page->bytes(kPage, 2 * kPage), std::byte{7});
  page->blocks[0].uptodate = true;
  const Contents last = repeated(10, 2);
  write(last, kPage + 5);
  expect_gap_is_zero(last, kPage + 5);
}

TEST_F(F2fsPastSize, IsLeftAloneByAWriteThatEndsAtTheSize) {
  write(repeated(kSize, 3), 0);
  EXPECT_EQ(inode.pages.find(0)->bytes(kSize, kSize + 1)[0], std::byte{7});
}

}  // namespace
}  // namespace quire::tests
