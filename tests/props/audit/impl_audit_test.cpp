// The audit of libquire finds nothing in a volume as it is, and the part that was tampered with.
#include "props/audit/impl_audit.h"

#include "impl/api/innards.h"
#include "impl/space/buddy_allocator.h"
#include "impl/space/extent_allocator.h"
#include "props/device/memory_device.h"
#include "props/memory/poison_resource.h"
#include "tests/props/audit/broken_clauses.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace quire::props {
namespace {

using impl::Innards;
using tests::open_up;

constexpr std::uint64_t kBlock = 1024;

/// File 1 has blocks 0 to 15 on the device, a hole from 16 to 19, and dirty blocks 20 and 21, of
/// which the second ends the file in its middle. File 2 has block 0 on the device.
class ImplAuditTest : public testing::Test {
 protected:
  ImplAuditTest() {
    for (const std::uint64_t number : {1, 2})
      files_.emplace(std::pair{number, 0}, volume_.file(number).value());
    write(2, 0, 1024);
    write(1, 0, 16 * kBlock);
    EXPECT_EQ(files_.at({1, 0}).fsync(), 0);
    EXPECT_EQ(files_.at({2, 0}).fsync(), 0);
    write(1, 20 * kBlock, kBlock + 500);
    EXPECT_EQ(found(), "");
  }

  void write(std::uint64_t file, std::uint64_t pos, std::uint64_t length) {
    std::string bytes(length, 'x');
    const iovec whole{bytes.data(), bytes.size()};
    ASSERT_EQ(
        files_.at({file, 0}).pwritev2(&whole, 1, static_cast<off_t>(pos), 0),
        static_cast<ssize_t>(length));
  }

  /// The clauses that an audit finds broken.
  std::string found(std::uint64_t leaked_bytes = 0) {
    audit_.run(volume_, files_, memory_.in_use() + leaked_bytes, {1});
    return broken_.take();
  }

  auto& shared() { return open_up(Innards::of(volume_)).shared; }
  impl::Inode& inode(std::uint64_t number) { return Innards::of(files_.at({number, 0})).inode; }
  auto& index() { return open_up(Innards::folios(inode(1))); }
  /// The folio of a byte of file 1.
  impl::FolioPtr folio(std::uint64_t pos) { return index().find(pos); }

  PoisonResource memory_;
  Volume volume_ =
      Volume::open(
          std::make_shared<MemoryDevice>(1 << 20, 512), {kBlock, std::uint64_t{1} << 30, &memory_})
          .value();
  std::map<std::pair<std::uint64_t, std::uint64_t>, File> files_;  // by number and handle
  tests::BrokenClauses broken_;
  ImplAudit audit_{broken_};
};

TEST_F(ImplAuditTest, FindsDirtyBytesThatAreNotCounted) {
  impl::DirtyFile& dirty = open_up(Innards::dirty(inode(1)));
  shared().dirty.subtract(dirty, kBlock);
  EXPECT_EQ(found(), "file_audit.counts_dirty_bytes volume_audit.counts_dirty_bytes");
  shared().dirty.add(dirty, kBlock);
  EXPECT_EQ(found(), "");
}

TEST_F(ImplAuditTest, FindsADirtyFileThatIsNotListed) {
  open_up(Innards::dirty(inode(1))).unlink();
  EXPECT_EQ(found(), "file_audit.dirty_file_is_listed");
}

TEST(OrderOfDirtyFiles, ChangesOnlyByTheFileThatACallTouches) {
  EXPECT_FALSE(order_is_broken({1, 2, 3}, {1, 2, 3}, {1}));
  EXPECT_FALSE(order_is_broken({1, 2, 3}, {2, 3, 1}, {1})) << "it was clean, and is dirty again";
  EXPECT_FALSE(order_is_broken({1, 2, 3}, {1, 3}, {4})) << "a file was written back";
  EXPECT_FALSE(order_is_broken({1, 2}, {1, 2, 3}, {3}));
  EXPECT_TRUE(order_is_broken({1, 2}, {3, 1, 2}, {3})) << "a file that turns dirty goes to the end";
  EXPECT_TRUE(order_is_broken({1, 2, 3}, {1, 3, 2}, {1}));
  EXPECT_TRUE(order_is_broken({1}, {1, 2}, {1})) << "no call has touched file 2";
}

TEST_F(ImplAuditTest, FindsMarksThatAreWrong) {
  impl::BlockBits& uptodate = open_up(Innards::uptodate(*folio(20 * kBlock)));
  uptodate.clear(0, 1);
  EXPECT_EQ(found(), "folio_audit.dirty_blocks_are_uptodate");
  uptodate.set(0, 1);
  open_up(Innards::words(uptodate)[0]) |= 8;
  EXPECT_NE(found().find("folio_audit.counts_its_blocks"), std::string::npos);
}

TEST_F(ImplAuditTest, FindsWhatLiesPastTheEnd) {
  impl::Folio* const last = folio(20 * kBlock).get();
  *last->at(22 * kBlock - 1) = std::byte{1};
  EXPECT_EQ(found(), "folio_audit.is_zero_past_the_end");
  *last->at(22 * kBlock - 1) = std::byte{0};
  impl::BlockBits& dirty = open_up(Innards::dirty(*last));
  dirty.set(3, 4);
  EXPECT_NE(found().find("folio_audit.nothing_is_dirty_past_the_end"), std::string::npos);
}

TEST_F(ImplAuditTest, FindsAFolioThatIsInUse) {
  const impl::FolioPtr first = folio(0);
  EXPECT_EQ(found(), "folio_audit.is_idle") << "it is referred to";
}

TEST_F(ImplAuditTest, FindsAFolioThatIsLocked) {
  impl::Folio& first = *folio(0);
  first.lock();
  EXPECT_EQ(found(), "folio_audit.is_idle");
  first.unlock();
}

TEST_F(ImplAuditTest, FindsAFolioThatItsIndexDoesNot) {
  auto& window = *Innards::windows(index()).begin()->second;
  impl::Folio* const whole = std::exchange(window.slots[1], nullptr);
  EXPECT_NE(found().find("folio_audit.is_found_under_its_pages"), std::string::npos);
  window.slots[1] = whole;
  ++window.pages;
  EXPECT_EQ(found(), "file_audit.index_counts_its_pages");
  --window.pages;
}

TEST_F(ImplAuditTest, FindsMemoryThatNoFolioHas) {
  EXPECT_EQ(found(4096), "volume_audit.memory_is_that_of_the_folios");
}

TEST_F(ImplAuditTest, FindsAReservationWithoutADirtyBlock) {
  EXPECT_TRUE(shared().space.reserve(1));
  EXPECT_EQ(found(), "books.reservations_back_dirty_blocks");
}

TEST_F(ImplAuditTest, FindsABlockThatIsFreedAndStillMapped) {
  const std::uint64_t block = inode(1).device_block_of(3).value();
  shared().space.free({block, 1});
  EXPECT_EQ(found(), "books.add_up volume_audit.marks_are_the_mapped_blocks");
}

TEST_F(ImplAuditTest, FindsABlockThatIsMappedTwice) {
  const std::uint64_t block = inode(2).device_block_of(0).value();
  open_up(Innards::blocks(inode(1))).map(17, {block, 1});
  EXPECT_EQ(found(), "volume_audit.block_has_one_owner");
}

TEST_F(ImplAuditTest, FindsABlockThatIsMappedPastTheEnd) {
  EXPECT_TRUE(shared().space.reserve(1));
  impl::Preallocation none;
  const auto extent = shared().space.allocate(1, std::nullopt, none);
  open_up(Innards::blocks(inode(1))).map(30, extent.value());
  EXPECT_EQ(found(), "file_audit.has_no_block_past_its_end");
}

TEST_F(ImplAuditTest, FindsRunsThatOverlap) {
  auto& runs = open_up(Innards::runs(Innards::blocks(inode(1))));
  ++runs.begin()->second.length;
  runs.emplace(16, Extent{runs.begin()->second.start + 15, 0});
  EXPECT_NE(found().find("file_audit.block_map_is_disjoint"), std::string::npos);
}

TEST_F(ImplAuditTest, FindsMarksThatAreSummedUpWrongly) {
  auto& level = open_up(Innards::levels(Innards::allocator(shared().space).granted())).front();
  ++level.begin()->second.count;
  EXPECT_EQ(found(), "volume_audit.marks_are_summed_up");
}

/// A volume with one of the indexed allocators, of which blocks are free in several runs.
class IndexAudit : public testing::Test {
 protected:
  template <class A>
  const A& use(VolumeAllocator allocator) {
    volume_ = Volume::open(
        std::make_shared<MemoryDevice>(512 * kBlock, 512),
        {.block_size = kBlock, .memory = &memory_, .allocator = allocator});
    for (const std::uint64_t number : {1, 2}) {
      files_.emplace(std::pair{number, 0}, volume_->file(number).value());
      std::string bytes(20 * kBlock, 'x');
      const iovec whole{bytes.data(), bytes.size()};
      File& file = files_.at({number, 0});
      EXPECT_EQ(file.pwritev2(&whole, 1, 0, 0), static_cast<ssize_t>(bytes.size()));
      EXPECT_EQ(file.fsync(), 0);
    }
    EXPECT_EQ(files_.at({1, 0}).ftruncate(3 * kBlock), 0);
    EXPECT_EQ(found(), "");
    const A* const own = Innards::own<A>(Innards::allocator(Innards::of(*volume_).shared.space));
    EXPECT_NE(own, nullptr);
    EXPECT_TRUE(Innards::is_indexed(*own));
    return *own;
  }
  std::string found() {
    audit_.run(*volume_, files_, memory_.in_use(), {1});
    return broken_.take();
  }

  PoisonResource memory_;
  Result<Volume> volume_ = std::unexpected(Error{});
  std::map<std::pair<std::uint64_t, std::uint64_t>, File> files_;
  tests::BrokenClauses broken_;
  ImplAudit audit_{broken_};
};

TEST_F(IndexAudit, FindsAFreeRunThatIsListedWrongly) {
  const auto& index = Innards::index(use<impl::ExtentAllocator>(VolumeAllocator::extent()));
  --open_up(*Innards::by_place(index).begin()).end;
  EXPECT_EQ(found(), "volume_audit.marks_are_summed_up");
}

TEST_F(IndexAudit, FindsABuddyBlockThatIsListedWrongly) {
  const auto& index = Innards::index(use<impl::BuddyAllocator>(VolumeAllocator::buddy()));
  for (const auto& blocks : Innards::by_order(index)) {
    if (blocks.empty()) continue;
    auto& block = open_up(*blocks.begin());
    block.start += 1;
    EXPECT_EQ(found(), "volume_audit.marks_are_summed_up");
    block.start -= 1;
  }
  EXPECT_EQ(found(), "");
}

TEST_F(ImplAuditTest, FindsAPreallocationThatIsEmpty) {
  auto& ahead = open_up(*Innards::preallocations(shared().space).begin());
  const std::uint64_t end = std::exchange(ahead.end, ahead.start);
  EXPECT_EQ(found(), "volume_audit.preallocations_are_disjoint");
  ahead.end = end;
}

TEST_F(ImplAuditTest, FindsAnUnflushedFileThatWasNeverWritten) {
  shared().flusher.wrote(open_up(Innards::unflushed(inode(1))));
  EXPECT_EQ(found(), "");
  open_up(Innards::unflushed(inode(1))).first_write += 1;
  EXPECT_EQ(found(), "file_audit.unflushed_file_is_listed_in_order");
}

TEST_F(ImplAuditTest, FindsACursorOfAnErrorThatNeverWas) {
  open_up(Innards::of(files_.at({1, 0}))).errors_seen = impl::kErrseqSeen | EIO;
  EXPECT_EQ(found(), "cursor_audit.is_a_seen_error");
}

}  // namespace
}  // namespace quire::props
