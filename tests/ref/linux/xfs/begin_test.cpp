// The mappings that begin answers for a range of a file, and its reservations.
#include "ref/linux/xfs/begin.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/read_ops.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"

#include <cerrno>
#include <optional>

namespace quire::tests {
namespace {

using ref::iomap::Kind;
using ref::iomap::Mapping;
using ref::iomap::Request;
using ref::xfs::ExtentState;
using ref::xfs::Inode;

constexpr Number kBlock = 4096;
constexpr Request kWrite{.write = true};
constexpr Request kZero{.zero = true};
constexpr Request kUnshare{.write = true, .unshare = true};

struct Answer {
  int error = 0;
  Mapping mapping{};
  Mapping source{};
};

/// Zeroing and unsharing come with the invalidate lock held (LK-9).
Answer begin(Inode& inode, Number pos, Number length, const Request& request = kWrite) {
  std::optional<ref::NotedLock<spec::InvalidateLock>> lock;
  if (request.zero || request.unshare || request.fault) lock.emplace(inode.recorder, inode.number);
  Answer answer;
  answer.error = ref::xfs::Begin(inode, pos, length, request).run(answer.mapping, answer.source);
  return answer;
}

/// Maps [start, start + count) to written blocks from `device_block` on.
void put_written(
    Inode& inode, Number start, Number count, Number device_block, bool is_shared = false) {
  inode.attach_dquots();
  ASSERT_TRUE(inode.mount.space.reserve(count));
  const ref::xfs::Run run = inode.mount.space.allocate(count, device_block);
  ASSERT_EQ(run.count, count);
  inode.data.insert({start, count, ExtentState::written, run.device_block, 0});
  inode.real_blocks += count;
  for (auto* dquot : inode.dquots) {
    ASSERT_EQ(dquot->reserve(count, false), 0);
    dquot->use(count);
  }
  if (!is_shared) return;
  inode.is_reflink = true;
  inode.mount.space.share(run);
}

/// Removes the second owner again, so that the accounts agree.
void unshare_blocks(Inode& inode, Number device_block, Number count) {
  inode.mount.space.release({device_block, count});
}

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

TEST(XfsBegin, GrowingFilesArePreallocated) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 32, 100);
  file.size = 32 * kBlock;
  const Answer answer = begin(file, 32 * kBlock, kBlock);
  // Twice the run is 64 blocks; 900 of 1000 are free. 32 is a multiple of 16: it ends at 96.
  EXPECT_EQ(answer.mapping.end(), 96 * kBlock);
  EXPECT_TRUE(file.has_surplus_tail);
  EXPECT_EQ(volume.judge.all<spec::Prealloc<Number>>().back().size, 64U);
  // Not past the size: the file does not grow.
  EXPECT_EQ(begin(file, 0, kBlock).error, 0);
  EXPECT_EQ(volume.judge.all<spec::Prealloc<Number>>().size(), 1U);
}

TEST(XfsBegin, OnlyOnePieceOfRealExtentsCountsForPreallocation) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 16, 100);
  put_written(file, 16, 16, 200);
  put_written(file, 32, 8, 216);
  file.size = 40 * kBlock;
  begin(file, 40 * kBlock, kBlock);
  const auto made = volume.judge.all<spec::Prealloc<Number>>().back();
  EXPECT_EQ(made.facts.base, 24U);
  EXPECT_EQ(made.size, 32U);
}

TEST(XfsBegin, PreallocationIsGivenUpBeforeTheWriteFails) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 32, 100);
  file.size = 32 * kBlock;
  const Number left = 16;
  ASSERT_TRUE(volume.mount.space.reserve(volume.mount.space.free() - left));
  const Answer answer = begin(file, 32 * kBlock, kBlock);
  EXPECT_EQ(answer.error, 0);
  EXPECT_EQ(answer.mapping.length, kBlock);
  EXPECT_FALSE(file.has_surplus_tail);
  // 10 are left: each block needs 5 more for its index.
  EXPECT_EQ(begin(file, 40 * kBlock, 6 * kBlock).error, -ENOSPC);
  EXPECT_EQ(begin(file, 40 * kBlock, 5 * kBlock).error, 0);
  volume.mount.space.unreserve(1000 - 32 - left);
}

TEST(XfsBegin, QuotaIsUndoneWhenSpaceOrALaterRecordFails) {
  ref::xfs::MountOptions options;
  options.quota_enforced = {true, false, true};
  XfsVolume volume(options);
  Inode file(volume.mount, 1, {.user = 7, .group = 8, .project = 9});
  volume.mount.quotas.find(ref::xfs::QuotaType::project, 9).set_limits(0, 10);
  volume.mount.quotas.find(ref::xfs::QuotaType::group, 8).set_limits(0, 1);  // not enforced
  EXPECT_EQ(begin(file, 0, 11 * kBlock).error, -EDQUOT);
  EXPECT_EQ(volume.mount.quotas.find(ref::xfs::QuotaType::user, 7).reserved(), 0U);
  EXPECT_EQ(begin(file, 0, 10 * kBlock).error, 0);
  EXPECT_EQ(volume.mount.quotas.find(ref::xfs::QuotaType::user, 7).reserved(), 10U);
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

TEST(XfsBegin, AnExtentSizeHintAllocatesAtOnce) {
  XfsVolume volume({.run_max = 5});
  Inode file(volume.mount, 1);
  file.extent_size_hint = 8;
  const Answer answer = begin(file, 10 * kBlock, kBlock);
  EXPECT_EQ(answer.mapping.kind, Kind::unwritten);
  EXPECT_TRUE(answer.mapping.is_new);
  EXPECT_EQ(answer.mapping.pos, 8 * kBlock);
  EXPECT_EQ(answer.mapping.length, 5 * kBlock);
  // The next call continues behind it. Its second run covers the block.
  const Answer next = begin(file, 22 * kBlock, kBlock);
  EXPECT_EQ(next.mapping.pos, 21 * kBlock);
  EXPECT_EQ(next.mapping.end(), 24 * kBlock);
  // A nowait call does not allocate, since it may wait for the log; an allocated extent is
  // answered.
  volume.judge.judge.waits.clear();
  Mapping mapping, source;
  const Request nowait{.write = true, .nowait = true};
  ref::xfs::BufferedWriteOps ops(file);
  EXPECT_EQ(ops.begin(100 * kBlock, kBlock, nowait, mapping, source), -EAGAIN);
  EXPECT_EQ(ops.begin(22 * kBlock, kBlock, nowait, mapping, source), 0);
  EXPECT_FALSE(volume.judge.judge.waited_for(spec::rank_of<spec::Transaction>));
}

// 5.2: behind a hole the run before it counts for nothing.
TEST(XfsBegin, BehindAHoleTheLeastIsPreallocated) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  put_written(file, 0, 64, 100);
  file.size = 64 * kBlock;
  EXPECT_EQ(begin(file, 100 * kBlock, kBlock).mapping.end(), 112 * kBlock);
}

// DA-2: writeback may come between begin and end, while the writer waits.
TEST(XfsBegin, BlocksAllocatedMeanwhileAreNotReleased) {
  XfsVolume volume;
  Inode file(volume.mount, 1);
  ref::xfs::BufferedWriteOps ops(file);
  const Answer answer = begin(file, 0, 4 * kBlock);
  ASSERT_TRUE(answer.mapping.is_new);
  ASSERT_TRUE(ref::xfs::convert_delayed(file, ref::xfs::Fork::data, 0).has_value());
  ASSERT_EQ(ops.end(0, 4 * kBlock, 0, kWrite, answer.mapping), 0);
  EXPECT_EQ(file.real_blocks, 4U);
}

TEST(XfsBegin, ACookieHoldsUntilItsForkChanges) {
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

/// The blocks of a fork that are delayed within [start, start + count).
Number delayed_in(const ref::xfs::ExtentList& fork, Number start, Number count) {
  Number delayed = 0;
  for (Number block = start; block < start + count; ++block) {
    const ref::xfs::Extent* const found = fork.at_or_after(block);
    delayed += found != nullptr && found->covers(block) && found->is_delayed();
  }
  return delayed;
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

TEST(XfsReadOps, TheDataForkIsReadAndTheCowForkIsSought) {
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
