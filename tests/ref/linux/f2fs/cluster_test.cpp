// Compressed clusters: stored in fewer blocks where that is possible, locked and unlocked whole.
#include "ref/linux/f2fs/cluster.h"
#include "tests/ref/linux/f2fs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace quire::tests {
namespace {

using f2fs::kClusterSize;

struct F2fsCluster : testing::Test, F2fsVolume {
  /// A file of `clusters` clusters that are stored compressed, and nothing of it cached.
  f2fs::File stored(std::uint64_t clusters) {
    f2fs::File file = packed();
    EXPECT_EQ(
        write(file, repeated(clusters * kClusterSize, 1), 0),
        static_cast<std::int64_t>(clusters * kClusterSize));
    EXPECT_EQ(file.fsync(), 0);
    file.drop_cache();
    return file;
  }
};

TEST_F(F2fsCluster, IsStoredInFewerBlocksAndReadBack) {
  f2fs::File file = stored(2);
  EXPECT_EQ(device.writes, 2u) << "one block each";
  EXPECT_TRUE(file.is_stored_compressed(0));
  EXPECT_TRUE(file.is_stored_compressed(7));
  EXPECT_EQ(file.blocks(), 8u) << "what is saved stays reserved";
  EXPECT_EQ(read(file, 3 * kClusterSize, 0), repeated(2 * kClusterSize, 1));
}

TEST_F(F2fsCluster, IsStoredPlainWhereThatSavesNoBlock) {
  f2fs::File file = packed();
  const Contents bytes = noise(kClusterSize, 3);
  write(file, bytes, 0);
  file.fsync();
  EXPECT_FALSE(file.is_stored_compressed(0));
  EXPECT_EQ(device.writes, 4u);
  file.drop_cache();
  EXPECT_EQ(read(file, kClusterSize, 0), bytes);
}

TEST_F(F2fsCluster, SavesABlockExactlyWhenThePackedFormFitsIntoThree) {
  // Noise, and a tail of zeroes that grows until three blocks are enough.
  bool packs = false;
  for (std::uint64_t zeroes = 0; zeroes <= 2 * kPage; zeroes += 64) {
    const Contents bytes = noise(kClusterSize - zeroes, 1);
    std::vector<f2fs::PageBytes> pages(f2fs::kClusterPages);
    for (std::uint64_t at = 0; at < bytes.size(); ++at) {
      pages[at / kPage].bytes[at % kPage] = bytes[at];
    }
    const auto packed_pages = f2fs::compress(pages);
    EXPECT_LE(packed_pages.size(), 3u);
    EXPECT_LE(packs, !packed_pages.empty()) << "more zeroes never pack worse";
    packs = !packed_pages.empty();
    if (zeroes < kPage) {
      EXPECT_FALSE(packs);
    }
  }
  EXPECT_TRUE(packs);
}

TEST_F(F2fsCluster, IsStoredPlainWhileTheFileDoesNotFillIt) {
  f2fs::File file = packed();
  write(file, repeated(3 * kPage, 1), 0);
  file.fsync();
  EXPECT_FALSE(file.is_stored_compressed(0));
  write(file, repeated(1, 1), 3 * kPage);
  file.fsync();
  EXPECT_FALSE(file.is_stored_compressed(0)) << "only one page of it was dirty";
  write(file, repeated(3 * kPage + 1, 2), 0);
  file.fsync();
  EXPECT_TRUE(file.is_stored_compressed(0));
}

TEST_F(F2fsCluster, IsLockedAndReadWholeForAWriteToAPartOfAPage) {
  f2fs::File file = stored(1);
  EXPECT_EQ(write(file, repeated(10, 2), kPage + 5), 10);
  ASSERT_EQ(judge.cluster_ends.size(), 1u);
  EXPECT_EQ(judge.cluster_ends[0].locked, 4u);
  EXPECT_EQ(judge.cluster_ends[0].dirty_after, 4u);
  file.fsync();
  file.drop_cache();
  Contents expected = repeated(kClusterSize, 1);
  std::fill_n(expected.begin() + kPage + 5, 10, std::byte{2});
  EXPECT_EQ(read(file, kClusterSize, 0), expected);
}

TEST_F(F2fsCluster, IsUnlockedOnceWhenNothingWasCopied) {
  f2fs::File file = stored(1);
  EdgeBuffer source(0);
  EXPECT_EQ(write(file, source.data(), 10, 5), -EFAULT);
  ASSERT_EQ(judge.cluster_ends.size(), 1u);
  EXPECT_EQ(judge.cluster_ends[0].copied, 0u);
  EXPECT_EQ(judge.cluster_ends[0].unlocks, 4u);
  EXPECT_EQ(judge.cluster_ends[0].dirty_after, 0u);
}

TEST_F(F2fsCluster, AcceptsAShortCopySinceAllOfItIsUptodate) {
  f2fs::File file = stored(1);
  EdgeBuffer source(7);
  source.fill(std::byte{2});
  EXPECT_EQ(write(file, source.data(), 10, 5), 7);
  EXPECT_EQ(judge.write_ends.back().page.accepted, 0u) << "the attempt that found nothing more";
  EXPECT_EQ(read(file, 8, 5).back(), std::byte{1});
}

TEST_F(F2fsCluster, KeepsItsOtherPagesWhenOneIsOverwrittenWhole) {
  f2fs::File file = stored(1);
  const auto reads = device.reads;
  EXPECT_EQ(write(file, repeated(kPage, 2), 2 * kPage), kPage);
  EXPECT_EQ(device.reads, reads) << "the cluster is read when it is written back";
  EXPECT_TRUE(judge.cluster_ends.empty());
  file.fsync();
  file.drop_cache();
  Contents expected = repeated(kClusterSize, 1);
  std::fill_n(expected.begin() + 2 * kPage, kPage, std::byte{2});
  EXPECT_EQ(read(file, kClusterSize, 0), expected);
}

TEST_F(F2fsCluster, RaisesTheSizeOnlyAfterTheUnlock) {
  f2fs::File file = packed();
  write(file, repeated(3 * kPage + 100, 1), 0);
  file.fsync();
  ASSERT_TRUE(file.is_stored_compressed(0));
  EXPECT_EQ(write(file, repeated(100, 2), 3 * kPage + 50), 100);
  const auto& end = judge.write_ends.back();
  EXPECT_EQ(end.size_at_unlock, 3 * kPage + 100) << "F2FS's own order, against WB-6";
  EXPECT_EQ(end.size_after, 3 * kPage + 150);
}

TEST_F(F2fsCluster, BecomesPlainWhenTheFileIsCutWithinIt) {
  f2fs::File file = stored(2);
  EXPECT_EQ(file.ftruncate(kClusterSize + kPage + 10), 0);
  EXPECT_TRUE(file.is_stored_compressed(0));
  EXPECT_FALSE(file.is_stored_compressed(4));
  EXPECT_EQ(file.blocks(), 6u);
  EXPECT_EQ(file.ftruncate(2 * kClusterSize), 0);
  file.drop_cache();
  Contents expected = repeated(kClusterSize + kPage + 10, 1);
  expected.resize(2 * kClusterSize);
  EXPECT_EQ(read(file, 2 * kClusterSize, 0), expected);
}

TEST_F(F2fsCluster, StaysAsItWasWhenItCannotBeCut) {
  f2fs::File file = stored(1);
  device.failing_writes = {device.writes + 2};
  EXPECT_EQ(file.ftruncate(kPage + 10), -EIO);
  EXPECT_EQ(file.size(), static_cast<std::int64_t>(kClusterSize));
  file.drop_cache();
  EXPECT_EQ(read(file, kClusterSize, 0), repeated(kClusterSize, 1));
}

TEST_F(F2fsCluster, KeepsTheStoredClusterWhenARewriteFails) {
  f2fs::File file = stored(1);
  write(file, noise(kClusterSize, 5), 0);
  device.failing_writes = {device.writes + 3};
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), 0) << "each handle reports the error once";
  file.drop_cache();
  EXPECT_EQ(read(file, kClusterSize, 0), repeated(kClusterSize, 1));
}

TEST_F(F2fsCluster, IsCleanWhereTheDeviceSaysThatItHasNoSpace) {
  f2fs::File file = stored(1);
  write(file, noise(kClusterSize, 5), 0);
  device.failing_writes = {device.writes + 1};
  device.write_error = -ENOSPC;
  EXPECT_EQ(file.fsync(), -ENOSPC);
  const auto writes = device.writes;
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(device.writes, writes) << "the error is the only trace (WBK-3)";
}

TEST_F(F2fsCluster, ThatCannotBeDecompressedIsAnError) {
  f2fs::File file = stored(1);
  std::ranges::fill(device.bytes, std::byte{0xff});
  const iovec segment{device.bytes.data(), 10};
  EXPECT_EQ(file.preadv2(&segment, 1, 0, 0), -EIO);
  EXPECT_EQ(write(file, repeated(10, 2), 5), -EIO);
}

TEST_F(F2fsCluster, ReleasesSavedBlocksAndReservesAllOfAClusterOrNone) {
  f2fs::File file = stored(2), other = plain(2);
  EXPECT_EQ(file.release_compress_blocks(), 4) << "the head and one block of each stay";
  EXPECT_EQ(file.blocks(), 4u);
  EXPECT_EQ(write(file, repeated(1, 2), 0), -EPERM);
  EXPECT_EQ(file.ftruncate(kPage), -EINVAL);
  // Three blocks are left: enough for one cluster's two, and not for the other's.
  ASSERT_EQ(write(other, repeated(105 * kPage, 1), 0), 105 * kPage);
  EXPECT_EQ(file.reserve_compress_blocks(), -ENOSPC);
  EXPECT_EQ(file.blocks(), 6u) << "a part of a cluster is of no use";
  EXPECT_EQ(write(file, repeated(1, 2), 0), -EPERM);
  EXPECT_EQ(other.ftruncate(0), 0);
  EXPECT_EQ(file.reserve_compress_blocks(), 2);
  EXPECT_EQ(write(file, repeated(1, 2), 0), 1);
  EXPECT_EQ(read(file, kPage, kPage), repeated(kPage, 1));
}

TEST(F2fsClusterBlocks, ClusterStaysDirtyWithoutFreeBlocks) {
  // A page that does not compress makes its cluster need two blocks, and is counted as one.
  constexpr std::uint64_t kPacked = 10, kPlain = 7;
  F2fsVolume v(84);
  f2fs::File file = v.packed();
  const auto size = static_cast<std::int64_t>(kPlain * kClusterSize);
  write(file, repeated(kPacked * kClusterSize, 1), 0);
  ASSERT_EQ(write(file, noise(kPlain * kClusterSize, 5), kPacked * kClusterSize), size);
  ASSERT_EQ(v.volume->disable_checkpoints(), 0);
  ASSERT_EQ(write(file, noise(kPlain * kClusterSize, 6), kPacked * kClusterSize), size);
  ASSERT_EQ(file.fsync(), 0);
  ASSERT_EQ(v.volume->free_main_blocks(), 18u);
  const Contents bytes = noise(kPage, 7);
  for (std::uint64_t i = 0; i < kPacked; ++i) {
    ASSERT_EQ(write(file, bytes, i * kClusterSize), static_cast<std::int64_t>(kPage));
  }
  EXPECT_EQ(file.fsync(), -ENOSPC);
  v.volume->enable_checkpoints();
  EXPECT_EQ(v.volume->checkpoint(), 0);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  for (std::uint64_t i = 0; i < kPacked; ++i) {
    EXPECT_EQ(read(file, kPage, i * kClusterSize), bytes);
  }
}

}  // namespace
}  // namespace quire::tests
