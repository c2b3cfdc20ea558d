// Writeback through iomap: what reaches the device, in which runs, and what an error leaves.
#include "ref/linux/iomap/writeback_count.h"
#include "tests/ref/linux/iomap/fake_ledger.h"
#include "tests/ref/linux/iomap/iomap_fixture.h"
#include "tests/ref/strict_word.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace quire::tests {
namespace {

TEST(WritebackCount, EndsOnceInAnyOrderOfAnswers) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    const Number blocks = 1 + random() % 16;
    Number to_collect = random() % (blocks + 1);
    Number on_their_way = 0;
    Number completed = 0;
    bool looked_at = false;
    Number ends = 0;
    auto count = ref::iomap::writeback_starts<Number>(blocks * 512);
    Judge judge;
    while (ends == 0 || to_collect + on_their_way != 0 || !looked_at) {
      bool ended = false;
      if (on_their_way != 0 && random() % 2 == 0) {
        --on_their_way;
        completed += 512;
        ended = ref::iomap::completed<Number>(count, 512);
      } else if (to_collect != 0) {
        --to_collect;
        ++on_their_way;
        ref::iomap::collected<Number>(count, 512);
      } else if (!looked_at) {
        looked_at = true;
        ended = ref::iomap::all_collected<Number>(count);
      } else {
        continue;
      }
      judge.step(spec::WritebackStep<Number>{count, completed, looked_at, ends, ended});
      ends += ended;
      ASSERT_FALSE(HasFailure());
    }
    EXPECT_EQ(ends, 1u);
  }
  auto strict = ref::iomap::writeback_starts<StrictWord>(StrictWord{512});
  EXPECT_TRUE(static_cast<bool>(ref::iomap::all_collected<StrictWord>(strict)));
}

TEST(IomapWriteback, CollectsContiguousBlocksOfSeveralFoliosIntoOneRun) {
  IomapFile f(1024);
  ASSERT_EQ(f.write(0, repeated(10'000, 1)), 10'000);
  EXPECT_EQ(f.sync(), 0);
  ASSERT_EQ(f.fs.ioends.size(), 1u);
  EXPECT_EQ(f.fs.ioends[0].pos, 0u);
  EXPECT_EQ(f.fs.ioends[0].length, 10'000u);
  EXPECT_EQ(f.fs.ioends[0].mapping.end(), 10'240u);
  EXPECT_EQ(f.judge.folios_written.size(), 3u);
  EXPECT_EQ(f.fs.disk_size, 10'000u);
}

TEST(IomapWriteback, StartsANewRunWhereTheFileOrTheDeviceIsNotContiguous) {
  IomapFile f(1024, 4);
  ASSERT_EQ(f.write(5120, repeated(1024, 1)), 1024);
  EXPECT_EQ(f.sync(), 0);
  ASSERT_EQ(f.write(0, repeated(2048, 2)), 2048);
  ASSERT_EQ(f.write(4096, repeated(4096, 3)), 4096);
  f.fs.ioends.clear();
  EXPECT_EQ(f.sync(), 0);
  // A gap in the file, then new space, then the old blocks, then new space again.
  EXPECT_EQ(f.fs.ioends.size(), 4u);
  Contents expected = repeated(2048, 2);
  expected.resize(4096);
  expected.resize(8192, std::byte{3});
  EXPECT_TRUE(f.from_the_device() == expected);
}

TEST(IomapWriteback, ZeroesPastTheSizeEachTime) {
  IomapFile f(4096);
  ASSERT_EQ(f.write(0, repeated(100, 1)), 100);
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(f.store(50, repeated(1000, 7)), 0);
    EXPECT_EQ(f.sync(), 0);
    const std::uint64_t device_pos = f.fs.data[0].device_block * 4096;
    EXPECT_EQ(f.fs.device.bytes[device_pos + 99], std::byte{7});
    for (std::uint64_t i = 100; i < 4096; ++i) {
      ASSERT_EQ(f.fs.device.bytes[device_pos + i], std::byte{0}) << i;
    }
  }
  EXPECT_EQ(f.fs.disk_size, 100u);
}

TEST(IomapWriteback, WritesNoBlockPastTheSize) {
  IomapFile f(512);
  ASSERT_EQ(f.write(0, repeated(4096, 1)), 4096);
  EXPECT_EQ(f.sync(), 0);
  f.file.size = 700;  // as in the middle of a truncate
  f.file.pages.find(0)->blocks[0].dirty = f.file.pages.find(0)->blocks[1].dirty = true;
  f.file.pages.find(0)->blocks[5].dirty = true;
  const std::uint64_t writes = f.fs.device.writes;
  EXPECT_EQ(f.sync(), 0);
  EXPECT_EQ(f.fs.device.writes, writes + 2);
  EXPECT_EQ(f.fs.ioends.back().length, 700u);
  EXPECT_FALSE(f.file.pages.find(0)->dirty());
  f.file.size = 1024;
  f.file.pages.find(0)->blocks[2].dirty = true;
  EXPECT_EQ(f.sync(), 0);
  EXPECT_EQ(f.fs.device.writes, writes + 2) << "a block that starts at the size lies past it";
}

TEST(IomapWriteback, RecordsADeviceErrorOnceForEachFolio) {
  IomapFile f(512);
  ASSERT_EQ(f.write(0, repeated(12'288, 1)), 12'288);
  f.fs.device.failing_writes = {2, 5, 17};  // two in the first folio, one in the third
  EXPECT_EQ(f.sync(), -EIO);
  // The run is one, so all of its folios have failed.
  EXPECT_EQ(f.errors, std::vector<int>(3, -EIO));
  EXPECT_EQ(f.sync(), 0) << "what failed is not tried again";
  EXPECT_TRUE(f.all() == repeated(12'288, 1)) << "the cache keeps it";
  f.file.pages.drop_clean();
  EXPECT_TRUE(f.all() == repeated(12'288, 0)) << "the space stays unwritten";
  expect_ledger(f.fs);
}

TEST(IomapWriteback, ContinuesBehindABlockThatCannotBeMapped) {
  IomapFile f(512);
  ASSERT_EQ(f.write(0, repeated(4096, 1)), 4096);
  f.fs.fail_map = {3};
  EXPECT_EQ(f.sync(), -EIO);
  EXPECT_EQ(f.errors, std::vector<int>{-EIO});
  EXPECT_EQ(f.fs.ioends.size(), 2u);
  f.file.pages.drop_clean();
  Contents expected = repeated(4096, 1);
  std::fill_n(expected.begin() + 3 * 512, 512, std::byte{0});
  EXPECT_TRUE(f.all() == expected);
  expect_ledger(f.fs);
}

TEST(IomapWriteback, DoesNotWriteABlockOverAHole) {
  IomapFile f(512);
  ASSERT_EQ(f.write(0, repeated(1024, 1)), 1024);
  f.fs.free_from(512);  // as a hole that was punched behind the cache
  EXPECT_EQ(f.sync(), 0);
  EXPECT_EQ(f.judge.folios_written.back().over_holes, 512u);
  EXPECT_EQ(f.fs.device.writes, 1u);
}

TEST(IomapWriteback, WritesSharedBlocksToOthers) {
  IomapFile f(1024, 2);
  ASSERT_EQ(f.write(0, repeated(8192, 1)), 8192);
  EXPECT_EQ(f.sync(), 0);
  const std::uint64_t device_block = f.fs.data[1].device_block;
  f.fs.share(0, 8192);
  ASSERT_EQ(f.write(1500, repeated(100, 2)), 100);
  EXPECT_EQ(f.fs.cow.size(), 1u) << "one block is reserved for it";
  Contents expected = repeated(8192, 1);
  std::fill_n(expected.begin() + 1500, 100, std::byte{2});
  EXPECT_TRUE(f.from_the_device() == expected);
  EXPECT_NE(f.fs.data[1].device_block, device_block);
  EXPECT_EQ(f.fs.device.bytes[device_block * 1024 + 1500 - 1024], std::byte{1})
      << "the other file's";
  expect_ledger(f.fs);
}

}  // namespace
}  // namespace quire::tests
