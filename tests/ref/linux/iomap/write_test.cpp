// Buffered writes through iomap: errors, short counts, and the release of unused space.
#include "tests/ref/linux/iomap/fake_ledger.h"
#include "tests/ref/linux/iomap/iomap_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory_resource>
#include <new>

namespace quire::tests {
namespace {

/// Memory that runs out of large pieces, or of all.
class ScarceMemory final : public std::pmr::memory_resource {
 public:
  std::size_t piece_max = ~std::size_t{0};

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (piece_max < bytes) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

constexpr Request kNowait{.nowait = true};

TEST(IomapBufferedWrite, ReadsItsBytesBackFromTheDevice) {
  IomapFile f(512, 4);
  ASSERT_EQ(f.write(700, repeated(20'000, 3)), 20'000);
  Contents expected(700, std::byte{0});
  expected.resize(20'700, std::byte{3});
  EXPECT_TRUE(f.all() == expected);
  EXPECT_TRUE(f.from_the_device() == expected);
  EXPECT_EQ(f.judge.writes, 1u);
}

// IFS-4: from an unaligned position to an unaligned end.
TEST(IomapBufferedWrite, ReadsOnlyTheBlocksThatItCoversInPart) {
  IomapFile f(512, 2);
  ASSERT_EQ(f.write(0, repeated(8192, 1)), 8192);
  f.from_the_device();
  f.file.pages.drop_clean();
  const std::uint64_t reads = f.fs.device.reads;
  ASSERT_EQ(f.write(700, repeated(2100, 2)), 2100);
  EXPECT_EQ(f.fs.device.reads, reads + 2);
  Contents expected = repeated(8192, 1);
  std::fill_n(expected.begin() + 700, 2100, std::byte{2});
  EXPECT_TRUE(f.all() == expected);
  EXPECT_TRUE(f.from_the_device() == expected);
}

// PC-9, WB-1: who held the lock has cut the file's cache meanwhile.
TEST(IomapBufferedWrite, LooksUpAgainAFolioWhoseLockItWaitedFor) {
  IomapFile f(512, 2);
  ASSERT_EQ(f.write(0, repeated(8192, 1)), 8192);
  f.from_the_device();
  const auto contend = [&] {
    ref::Folio* const folio = f.file.pages.find_or_make(0);
    ASSERT_NE(folio, nullptr);
    folio->locked = true;
  };
  f.file.wait_for_folio = [&](ref::Folio& folio) { f.file.pages.drop(folio); };
  contend();
  ASSERT_EQ(f.write(10, repeated(20, 2)), 20);
  Contents expected = repeated(8192, 1);
  std::fill_n(expected.begin() + 10, 20, std::byte{2});
  EXPECT_TRUE(f.from_the_device() == expected);
  contend();
  EXPECT_TRUE(f.all() == expected);
  f.file.pages.drop_clean();
  contend();
  EXPECT_EQ(f.store(0, repeated(1, 3)), 0);
  expected[0] = std::byte{3};
  EXPECT_TRUE(f.from_the_device() == expected);
}

TEST(IomapBufferedWrite, AsksForFoliosAsLargeAsTheWrite) {
  IomapFile f(4096, 16);
  ASSERT_EQ(f.write(0, repeated(70'000, 1)), 70'000);
  EXPECT_EQ(f.file.pages.find(0)->size(), 16u * 4096);
  EXPECT_EQ(f.file.pages.find(69'999)->size(), 4096u);
}

TEST(IomapBufferedWrite, FallsBackToSmallerFolios) {
  ScarceMemory memory;
  IomapFile f(4096, 16, 512, &memory);
  memory.piece_max = 8192;
  ASSERT_EQ(f.write(0, repeated(20'000, 1)), 20'000);
  EXPECT_EQ(f.file.pages.find(0)->size(), 8192u);
  memory.piece_max = 0;
  EXPECT_EQ(f.write(40'000, repeated(10, 1)), -ENOMEM);
  EXPECT_EQ(f.write(20'000, repeated(10'000, 1), kNowait), 480) << "to the end of the last page";
  EXPECT_EQ(f.write(20'480, repeated(10, 1), kNowait), -EAGAIN);
  memory.piece_max = ~std::size_t{0};
  expect_ledger(f.fs);
}

TEST(IomapBufferedWrite, RefusesToWaitForAFolio) {
  IomapFile f(1024);
  ASSERT_EQ(f.write(0, repeated(8192, 1)), 8192);
  f.file.pages.find(4096)->locked = true;
  EXPECT_EQ(f.write(5000, repeated(10, 2), kNowait), -EAGAIN);
  EXPECT_EQ(f.write(4000, repeated(200, 2), kNowait), 96) << "what could be done counts";
  f.file.pages.find(4096)->locked = false;
}

TEST(IomapBufferedWrite, RefusesToReadABlock) {
  IomapFile f(1024);
  ASSERT_EQ(f.write(0, repeated(8192, 1)), 8192);
  f.from_the_device();
  f.file.pages.drop_clean();
  EXPECT_EQ(f.write(100, repeated(10, 2), kNowait), -EAGAIN);
  EXPECT_EQ(f.write(1024, repeated(1024, 2), kNowait), 1024) << "a whole block needs no read";
}

TEST(IomapBufferedWrite, RefusesToBeThrottled) {
  IomapFile f(1024);
  int calls = 0;
  f.file.throttle = [&](bool nowait) { return ++calls == 2 && nowait ? -EAGAIN : 0; };
  EXPECT_EQ(f.write(0, repeated(8192, 1), kNowait), 4096);
  calls = 1;
  EXPECT_EQ(f.write(4096, repeated(10, 1), kNowait), -EAGAIN);
  EXPECT_EQ(f.file.size, 4096u);
  calls = 1;
  EXPECT_EQ(f.write(4096, repeated(10, 1)), 10);
  expect_ledger(f.fs);
}

TEST(IomapBufferedWrite, DiesBetweenAttempts) {
  IomapFile f(1024);
  f.judge.stop = true;
  EXPECT_EQ(f.write(0, repeated(10, 1)), -EINTR);
  EXPECT_TRUE(f.judge.waited_for(spec::rank_of<spec::UserMemory>)) << "after the fault-in";
  expect_ledger(f.fs);
}

TEST(IomapBufferedWrite, ReleasesBlocksThatAFaultLeftUnused) {
  IomapFile f(512, 4);
  EdgeBuffer source(5000);
  source.fill(std::byte{4});
  EXPECT_EQ(f.write(0, source.data(), 16'000), 5000);
  EXPECT_EQ(f.fs.reserved, 10u);
  EXPECT_LT(0u, f.judge.blocks_released);
  expect_ledger(f.fs);
  EXPECT_EQ(f.write(8192, source.edge(), 10), -EFAULT);
  EXPECT_EQ(f.file.size, 5000u);
  EXPECT_TRUE(f.from_the_device() == repeated(5000, 4));
}

TEST(IomapBufferedWrite, StopsWhereSpaceEnds) {
  IomapFile f(4096, 1, 3);
  f.fs.mapping_blocks_max = 1;
  EXPECT_EQ(f.write(0, repeated(20'000, 1)), 3 * 4096);
  EXPECT_EQ(f.write(3 * 4096, repeated(10, 1)), -ENOSPC);
  EXPECT_EQ(f.file.size, 3u * 4096);
  EXPECT_EQ(f.fs.begins, f.fs.ends + 2) << "two begins have failed";
}

TEST(IomapBufferedWrite, NeverTouchesAFolioUnderAMappingThatNoLongerHolds) {
  IomapFile f(1024, 2);
  f.fs.stale_answers = 3;
  EXPECT_EQ(f.write(0, repeated(10'000, 1)), 10'000);
  EXPECT_EQ(f.judge.iterations.size(), 4u);
  EXPECT_TRUE(f.from_the_device() == repeated(10'000, 1));
  expect_ledger(f.fs);
}

TEST(IomapBufferedWrite, MapsAnewAfterWritebackBehindItsBack) {
  IomapFile f(1024, 1);
  f.file.throttle = [&](bool) { return f.sync(); };
  EXPECT_EQ(f.write(100, repeated(20'000, 1)), 20'000);
  EXPECT_LT(3u, f.judge.iterations.size());
  Contents expected(100, std::byte{0});
  expected.resize(20'100, std::byte{1});
  EXPECT_TRUE(f.from_the_device() == expected);
}

TEST(IomapBufferedWrite, DropsBytesPastTheEndThatDoNotCount) {
  IomapFile f(4096, 4);
  EdgeBuffer source(4096);
  source.fill(std::byte{9});
  EXPECT_EQ(f.write(0, source.data(), 16'384), 4096);
  // The rejected copy went into a folio of 16 KiB, which was dropped.
  EXPECT_EQ(f.file.pages.find(8192), nullptr);
  EXPECT_TRUE(f.all() == repeated(4096, 9));
}

TEST(IomapBufferedWrite, ShowsNothingOfACopyThatDidNotCount) {
  IomapFile f(512, 1);
  ASSERT_EQ(f.write(0, repeated(4096, 1)), 4096);
  f.from_the_device();
  f.file.pages.drop_clean();
  EdgeBuffer source(600);
  source.fill(std::byte{2});
  f.judge.iomap_attempts.clear();
  f.file.throttle = [&](bool) {
    // The memory vanishes between a rejected copy and its retry.
    const auto& before = f.judge.iomap_attempts;
    const bool retries = !before.empty() && before.back().loop.after.retry != 0;
    const std::uint64_t page = spec::round_down(
        static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(source.data())), Number{4096});
    if (retries) ::mprotect(reinterpret_cast<void*>(page), 4096, PROT_NONE);
    return 0;
  };
  const std::int64_t n = f.write(100, source.data(), 1500);
  f.file.throttle = {};
  Contents expected = repeated(4096, 1);
  std::fill_n(expected.begin() + 100, std::max<std::int64_t>(n, 0), std::byte{2});
  EXPECT_TRUE(f.all() == expected) << n;
}

TEST(IomapBufferedWrite, ZeroesTheGapOfAWritePastTheEnd) {
  IomapFile f(4096, 1);
  ASSERT_EQ(f.write(0, repeated(100, 1)), 100);
  ASSERT_EQ(f.store(50, repeated(1000, 7)), 0);  // runs past the end, where it must not be seen
  const Contents more = repeated(10, 2);
  ASSERT_EQ(f.write_only(5000, more.data(), more.size()), 10);
  EXPECT_LT(0u, f.judge.gap_bytes);
  Contents expected = repeated(50, 1);
  expected.resize(100, std::byte{7});
  expected.resize(5000);
  expected.resize(5010, std::byte{2});
  EXPECT_TRUE(f.all() == expected);
  EXPECT_TRUE(f.from_the_device() == expected);
}

TEST(IomapBufferedWrite, WritesIntoTheInodeItself) {
  class InlineOps final : public ref::iomap::Ops {
   public:
    int begin(std::uint64_t, std::uint64_t, const Request&, Mapping& mapping, Mapping&) override {
      mapping = {.kind = Kind::inline_data, .pos = 0, .length = room.size()};
      mapping.inline_bytes = room;
      return 0;
    }
    int end(std::uint64_t, std::uint64_t, std::uint64_t, const Request&, const Mapping&) override {
      return 0;
    }
    bool valid(const Mapping&) override { return true; }
    Contents room = repeated(100, 0xcc);
  };
  IomapFile f(512);
  InlineOps ops;
  const Contents bytes = repeated(20, 5);
  ref::IovIter iter({{const_cast<std::byte*>(bytes.data()), bytes.size()}});
  EXPECT_EQ(file_buffered_write(f.file, ops, iter, 30, {}), 20);
  EXPECT_EQ(ops.room[29], std::byte{0xcc});
  EXPECT_EQ(ops.room[30], std::byte{5});
  EXPECT_EQ(ops.room[50], std::byte{0xcc});
  EXPECT_EQ(f.file.size, 50u);
  EXPECT_FALSE(f.file.pages.find(0)->dirty());
  f.file.pages.drop_clean();
  Contents to(50);
  ref::IovIter back({{to.data(), to.size()}});
  EXPECT_EQ(file_buffered_read(f.file, ops, back, 0), 50);
  EXPECT_EQ(to[49], std::byte{5});
}

TEST(IomapBufferedRead, AnswersTheDevicesErrorAndKeepsUptodateBlocks) {
  IomapFile f(1024, 1);
  ASSERT_EQ(f.write(0, repeated(8192, 1)), 8192);
  f.from_the_device();
  f.file.pages.drop_clean();
  EXPECT_EQ(f.read(0, 100), repeated(100, 1));
  f.fs.device.reads_fail = true;
  EXPECT_EQ(f.read(0, 8192).size(), 4096u) << "the first folio is cached";
  EXPECT_EQ(f.write(5000, repeated(10, 1)), -EIO) << "the rest of the block cannot be read";
  expect_ledger(f.fs);
}

TEST(IomapBufferedWrite, ReadsNoBlockThatStartsAtTheSize) {
  IomapFile f(512);
  ASSERT_EQ(f.write(0, repeated(1024, 1)), 1024);
  f.from_the_device();
  f.file.pages.drop_clean();
  f.file.size = 512;  // as in the middle of a truncate
  const std::uint64_t reads = f.fs.device.reads;
  EXPECT_EQ(f.write(512, repeated(100, 2), {.nowait = true}), 100);
  EXPECT_EQ(f.fs.device.reads, reads);
}

}  // namespace
}  // namespace quire::tests
