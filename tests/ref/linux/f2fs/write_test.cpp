// A write to an F2FS file: its checks, its preallocation, its page by page preparation.
#include "tests/ref/linux/f2fs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

struct F2fsWrite : testing::Test, F2fsVolume {};

TEST_F(F2fsWrite, IsReadBackFromTheDevice) {
  f2fs::File file = plain();
  const Contents bytes = noise(3 * kPage + 100, 1);
  EXPECT_EQ(write(file, bytes, 50), 3 * kPage + 100);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  Contents expected(50);
  expected.insert(expected.end(), bytes.begin(), bytes.end());
  EXPECT_EQ(read(file, 5 * kPage, 0), expected);
}

TEST_F(F2fsWrite, MovesABlockEachTimeItIsWrittenBack) {
  f2fs::File file = plain();
  write(file, repeated(kPage, 1), 0);
  EXPECT_EQ(file.device_block_of(0), std::nullopt)
      << "until the first writeback the block is only promised";
  EXPECT_EQ(file.blocks(), 1u);
  file.fsync();
  const auto first = file.device_block_of(0);
  ASSERT_TRUE(first);
  write(file, repeated(kPage, 2), 0);
  EXPECT_EQ(file.device_block_of(0), first);
  file.fsync();
  EXPECT_NE(file.device_block_of(0), first);
  EXPECT_EQ(file.blocks(), 1u);
}

TEST_F(F2fsWrite, AnswersItsChecksInTheirOrder) {
  f2fs::File file = plain();
  write(file, repeated(kPage, 1), 0);
  file.fsync();
  file.set_pinned(true);
  file.set_immutable(true);
  file.set_contended(true);
  const std::byte byte{};
  EXPECT_EQ(write(file, &byte, 1, 0, RWF_HIPRI), -EOPNOTSUPP);
  EXPECT_EQ(write(file, &byte, 1, kPage, RWF_NOWAIT), -EAGAIN);
  file.set_contended(false);
  EXPECT_EQ(write(file, &byte, 1, kPage, RWF_NOWAIT), -EIO) << "pinned, and not an overwrite";
  EXPECT_EQ(write(file, &byte, 1, 0, RWF_NOWAIT), -EPERM);
  file.set_immutable(false);
  EXPECT_EQ(write(file, &byte, 1, 0, RWF_NOWAIT), -EINVAL);
  EXPECT_EQ(write(file, &byte, 1, 0), 1);
  volume->stop_checkpoints();
  file.set_contended(true);
  EXPECT_EQ(write(file, &byte, 1, 0, RWF_NOWAIT), -EIO);
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.ftruncate(0), -EIO);
}

TEST_F(F2fsWrite, OfAPinnedFileLeavesItsBlocksWhereTheyAre) {
  f2fs::File file = plain();
  write(file, repeated(2 * kPage, 1), 0);
  file.fsync();
  EXPECT_EQ(file.set_pinned(true), 0);
  const auto device_block = file.device_block_of(1);
  EXPECT_EQ(write(file, repeated(100, 2), kPage + 5), 100);
  file.fsync();
  EXPECT_EQ(file.device_block_of(1), device_block);
  EXPECT_EQ(write(file, repeated(2, 2), 2 * kPage - 1), -EIO) << "there is no block";
  f2fs::File short_file = plain(2);
  write(short_file, repeated(100, 1), 0);
  short_file.fsync();
  short_file.set_pinned(true);
  EXPECT_EQ(write(short_file, repeated(1, 2), 100), -EIO) << "it would end past the size";
  EXPECT_EQ(write(short_file, repeated(1, 2), 99), 1);
  file.drop_cache();
  EXPECT_EQ(read(file, 100, kPage + 5), repeated(100, 2));
}

TEST_F(F2fsWrite, PreallocatesTheWholePagesAndNoOthers) {
  f2fs::File file = plain();
  write(file, repeated(3 * kPage, 1), 100);
  ASSERT_EQ(judge.writes.size(), 1u);
  EXPECT_EQ(judge.writes[0].preallocated, 2u);
  EXPECT_EQ(judge.reserve_steps[2].granted, 2u) << "both at once";
  EXPECT_EQ(file.blocks(), 4u);
}

TEST_F(F2fsWrite, PreallocatesNothingForASourceThatCannotBeRead) {
  f2fs::File file = plain();
  EdgeBuffer source(2 * kPage);
  EXPECT_EQ(write(file, source.data(), 3 * kPage, 0), 2 * kPage);
  EXPECT_EQ(judge.writes[0].preallocated, 0u);
}

TEST_F(F2fsWrite, ThatPreallocatedLeavesNothingPastTheSize) {
  // 8 of 112 blocks are left, for 20 pages.
  f2fs::File big = plain(2), file = plain();
  ASSERT_EQ(write(big, repeated(104 * kPage, 1), 0), 104 * kPage);
  EXPECT_EQ(write(file, repeated(20 * kPage, 2), 0), 8 * kPage);
  EXPECT_EQ(judge.writes[1].preallocated, 8u);
  EXPECT_EQ(file.blocks(), 8u);
  EXPECT_EQ(volume->valid_blocks(), volume->user_blocks());
}

TEST_F(F2fsWrite, MayTakeTheLastBlocksFromItsOwnFirstPage) {
  // F2FS's own way: the pages behind get all 8 blocks beforehand, and the first page finds none.
  f2fs::File big = plain(2), file = plain();
  ASSERT_EQ(write(big, repeated(104 * kPage, 1), 0), 104 * kPage);
  EXPECT_EQ(write(file, repeated(20 * kPage, 2), 100), -ENOSPC);
  EXPECT_EQ(judge.writes[1].preallocated, 8u);
  EXPECT_EQ(file.blocks(), 0u) << "the preallocation is released";
}

TEST_F(F2fsWrite, WhoseTailPageIsRejectedLeavesOneBlockPastTheSize) {
  f2fs::File file = plain();
  EdgeBuffer source(0);
  EXPECT_EQ(write(file, source.data(), kPage, 0), -EFAULT);
  EXPECT_EQ(file.blocks(), 1u) << "reserved by write_begin, and left (F2-2)";
  EXPECT_EQ(file.size(), 0);
  EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(file.blocks(), 0u);
}

TEST_F(F2fsWrite, ThatCannotBeginTruncatesBlocksPastTheSize) {
  // The second page cannot be read, after the first was reserved past the size.
  f2fs::File file = plain();
  EdgeBuffer source(0);
  EXPECT_EQ(write(file, source.data(), kPage, 4 * kPage), -EFAULT);
  EXPECT_EQ(file.blocks(), 1u);
  f2fs::File big = plain(2);
  EXPECT_EQ(write(big, repeated(200 * kPage, 1), 0), 111 * kPage);
  EXPECT_EQ(write(file, repeated(10, 1), 2 * kPage), -ENOSPC);
  EXPECT_EQ(file.blocks(), 0u) << "the failed write releases the leftover";
  EXPECT_EQ(write(file, repeated(10, 1), 2 * kPage), 10);
}

TEST_F(F2fsWrite, ReadsThePartOfAPageThatItKeeps) {
  f2fs::File file = plain();
  write(file, repeated(2 * kPage, 1), 0);
  file.fsync();
  file.drop_cache();
  const auto reads = device.reads;
  write(file, repeated(10, 2), 100);
  EXPECT_EQ(device.reads, reads + 1);
  write(file, repeated(kPage, 2), kPage);
  EXPECT_EQ(device.reads, reads + 1) << "a page that is overwritten whole is not read";
  Contents expected = repeated(kPage, 1);
  std::fill_n(expected.begin() + 100, 10, std::byte{2});
  EXPECT_EQ(read(file, kPage, 0), expected);
}

TEST_F(F2fsWrite, ZeroesTheTailOnlyWhereItCoversAllThatTheFileHasOfThePage) {
  f2fs::File file = plain();
  write(file, repeated(kPage + 100, 1), 0);
  file.fsync();
  file.drop_cache();
  const auto reads = device.reads;
  EXPECT_EQ(write(file, repeated(100, 2), kPage), 100);
  EXPECT_EQ(device.reads, reads);
  EXPECT_EQ(judge.write_ends.back().tail_zeroed, 1u);
  file.fsync();
  file.drop_cache();
  EXPECT_EQ(write(file, repeated(99, 3), kPage), 99);
  EXPECT_EQ(judge.write_ends.back().tail_zeroed, 0u);
  EXPECT_EQ(read(file, 100, kPage).back(), std::byte{2});
}

TEST_F(F2fsWrite, ShortIntoAZeroedTailCountsNothingAndIsTriedAgain) {
  f2fs::File file = plain();
  EdgeBuffer source(70);
  source.fill(std::byte{5});
  EXPECT_EQ(write(file, source.data(), 90, 0), 70);
  ASSERT_EQ(judge.write_ends.size(), 3u) << "90 bytes, the 70 of them, and nothing more";
  EXPECT_EQ(judge.write_ends[0].tail_zeroed, 1u);
  EXPECT_EQ(judge.write_ends[0].page.copied, 70u);
  EXPECT_EQ(judge.write_ends[0].page.accepted, 0u);
  EXPECT_EQ(read(file, kPage, 0), repeated(70, 5));
}

TEST_F(F2fsWrite, ThatFailsToReadThePageChangesNothing) {
  f2fs::File file = plain();
  write(file, repeated(kPage, 1), 0);
  file.fsync();
  file.drop_cache();
  device.reads_fail = true;
  EXPECT_EQ(write(file, repeated(10, 2), 5), -EIO);
  device.reads_fail = false;
  EXPECT_EQ(read(file, kPage, 0), repeated(kPage, 1));
}

TEST_F(F2fsWrite, TakesItsOwnersQuotaAndNoMore) {
  volume->set_quota(7, 3);
  f2fs::File file = volume->open(1, {.owner = 7});
  EXPECT_EQ(write(file, repeated(3 * kPage, 1), 0), 3 * kPage);
  EXPECT_EQ(write(file, repeated(10, 1), 3 * kPage), -EDQUOT);
  EXPECT_EQ(write(file, repeated(10, 1), 0), 10) << "an overwrite needs no block";
  EXPECT_EQ(volume->quota_used(7), 3u);
  file.ftruncate(kPage);
  EXPECT_EQ(volume->quota_used(7), 1u);
}

TEST(F2fsReserve, PreallocationThatMeetsTheQuotaServesAsFarAsItGot) {
  F2fsVolume v(128, {.inode_addresses = 2, .dnode_addresses = 2});
  v.volume->set_quota(0, 2);
  f2fs::File file = v.plain();
  EXPECT_EQ(write(file, repeated(4 * kPage, 1), 0), 2 * static_cast<long>(kPage));
  EXPECT_EQ(v.volume->quota_used(0), 2u);
}

TEST(F2fsReserve, CountsNodeBlocksAndUndoesTheQuotaWhenTheVolumeIsFull) {
  F2fsVolume v(128, {.inode_addresses = 2, .dnode_addresses = 2});
  f2fs::File file = v.plain();
  EXPECT_EQ(write(file, repeated(5, 1), 6 * kPage), 5);
  EXPECT_EQ(file.blocks(), 2u) << "the page, and the node block of its address";
  file.ftruncate(0);
  EXPECT_EQ(file.blocks(), 0u);

  f2fs::File big = v.plain(2);
  EXPECT_LT(0, write(big, repeated(200 * kPage, 1), 0));
  EXPECT_EQ(v.volume->valid_blocks(), v.volume->user_blocks());
  v.judge.reserve_steps.clear();
  EXPECT_EQ(write(file, repeated(5, 1), 0), -ENOSPC);
  std::vector<Number> stages;
  for (const auto& step : v.judge.reserve_steps) stages.push_back(step.stage);
  using enum spec::ReserveStage;
  EXPECT_EQ(
      stages, (std::vector{
                  spec::number_of(quota), spec::number_of(counters), spec::number_of(undo_quota)}));
}

/// Allocates until a test stops it.
class FailingMemory final : public std::pmr::memory_resource {
 public:
  std::uint64_t left = ~std::uint64_t{0};  ///< allocations before each further one fails

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (left == 0) throw std::bad_alloc();
    --left;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(at, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(F2fsReserve, IsUndoneToTheLastStepWhenMemoryRunsOut) {
  FailingMemory memory;
  F2fsVolume v(128, {.memory = &memory, .inode_addresses = 2, .dnode_addresses = 2});
  f2fs::File file = v.plain();
  const Contents bytes = repeated(6 * kPage, 1);
  bool undone = false;
  for (std::uint64_t allocations = 0; allocations < 20; ++allocations) {
    memory.left = allocations;
    const std::int64_t n = write(file, bytes, 0);
    memory.left = ~std::uint64_t{0};
    EXPECT_TRUE(n == -ENOMEM || 0 < n) << n;
    EXPECT_EQ(file.size(), std::max<std::int64_t>(n, 0));
    for (const auto& step : v.judge.reserve_steps) {
      undone |= step.stage == spec::number_of(spec::ReserveStage::undo_counters);
    }
    EXPECT_EQ(file.ftruncate(0), 0);
    EXPECT_EQ(v.volume->valid_blocks(), 0u);
  }
  EXPECT_TRUE(undone);
}

TEST(F2fsBalance, IsWaitedForWithThePageUnlockedAndThePageBegunAnewIfItIsGone) {
  F2fsVolume v(60);
  f2fs::File file = v.plain();
  write(file, repeated(44 * kPage, 1), 0);
  EXPECT_EQ(file.fsync(), 0);
  // 16 blocks are free; 9 pages move, and their old blocks are kept.
  write(file, repeated(9 * kPage, 2), 0);
  EXPECT_EQ(v.volume->free_main_blocks(), 16u);
  int balanced = 0;
  v.volume->on_balance([&] {
    ++balanced;
    file.drop_cache();
  });
  EXPECT_EQ(file.start_atomic_write(), 0) << "writes back without a checkpoint";
  EXPECT_EQ(v.volume->free_main_blocks(), 7u);
  EXPECT_EQ(file.abort_atomic_write(), 0);
  balanced = 0;
  EXPECT_EQ(write(file, repeated(5, 3), 20 * kPage + 1), 5);
  EXPECT_EQ(balanced, 1) << "its page was dropped meanwhile, and is prepared anew";
  EXPECT_EQ(v.volume->free_main_blocks(), 16u);
  Contents expected = repeated(kPage, 1);
  std::fill_n(expected.begin() + 1, 5, std::byte{3});
  EXPECT_EQ(read(file, kPage, 20 * kPage), expected);
}

}  // namespace
}  // namespace quire::tests
