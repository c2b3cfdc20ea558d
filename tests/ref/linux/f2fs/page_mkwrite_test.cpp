// A page that is stored to through a mapping: bytes behind the end of the file stay out of it.
#include "ref/linux/f2fs/page_mkwrite.h"
#include "tests/ref/linux/f2fs/volume_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace quire::tests {
namespace {

using f2fs::kClusterSize;

struct F2fsPageMkwrite : testing::Test, F2fsVolume {
  f2fs::Inode& inode() { return *volume->superblock().inodes.at(1); }

  /// Stores to the rest of the page in which the file ends.
  void store_behind_the_end() {
    const std::uint64_t size = inode().node.size;
    ASSERT_EQ(f2fs::page_mkwrite(inode(), size - 1), 0);
    ref::Folio& folio = *inode().pages.find(size - 1);
    EXPECT_TRUE(folio.dirty());
    std::ranges::fill(folio.bytes(size, folio.end()), std::byte{7});
  }

  /// Once the file has grown, all of it but its `first` bytes is zero.
  void expect_zero_behind(f2fs::File& file, const Contents& first) {
    EXPECT_EQ(file.ftruncate(2 * kClusterSize), 0);
    Contents expected = first;
    expected.resize(2 * kClusterSize);
    EXPECT_EQ(read(file, 2 * kClusterSize, 0), expected);
  }
};

TEST_F(F2fsPageMkwrite, GivesAHoleABlock) {
  f2fs::File file = plain();
  EXPECT_EQ(file.ftruncate(100), 0);
  EXPECT_EQ(file.blocks(), 0u);
  store_behind_the_end();
  EXPECT_EQ(file.blocks(), 1u);
  expect_zero_behind(file, Contents(100));
}

TEST_F(F2fsPageMkwrite, LeavesNothingBehindTheEndOnTheDevice) {
  f2fs::File file = plain();
  write(file, repeated(100, 1), 0);
  store_behind_the_end();
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  expect_zero_behind(file, repeated(100, 1));
}

TEST_F(F2fsPageMkwrite, LeavesNothingBehindTheEndInAStoredCluster) {
  f2fs::File file = packed();
  const Contents bytes = repeated(3 * kPage + 100, 1);
  write(file, bytes, 0);
  EXPECT_EQ(file.fsync(), 0);
  ASSERT_TRUE(file.is_stored_compressed(0));
  store_behind_the_end();
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  expect_zero_behind(file, bytes);
}

TEST_F(F2fsPageMkwrite, TakesInlineDataOutOfTheInode) {
  f2fs::File file = small();
  write(file, repeated(100, 1), 0);
  ASSERT_TRUE(inode().node.is_inline);
  store_behind_the_end();
  EXPECT_FALSE(inode().node.is_inline);
  expect_zero_behind(file, repeated(100, 1));
}

TEST_F(F2fsPageMkwrite, RefusesAPagePastTheEnd) {
  f2fs::File file = plain();
  write(file, repeated(kPage, 1), 0);
  EXPECT_EQ(f2fs::page_mkwrite(inode(), kPage), -EFAULT);
  file.set_immutable(true);
  EXPECT_EQ(f2fs::page_mkwrite(inode(), 0), -EPERM);
}

}  // namespace
}  // namespace quire::tests
