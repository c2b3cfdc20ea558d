// Reads and writes of memory that ends in the middle: the count is exact, the rest untouched.
#include "tests/ref/plain/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

class FileMemory : public EachBlockSize {
 protected:
  ref::File file = volume->open(1);
};

TEST_P(FileMemory, WriteCountsTheBytesBeforeTheEdge) {
  for (const auto edge : {EdgeBuffer::Edge::no_access, EdgeBuffer::Edge::past_the_file}) {
    for (const std::uint64_t k : {1u, 511u, 512u, 4095u, 4096u, 4097u, 9000u}) {
      for (const std::int64_t pos : {0, 100, 4095, 4096}) {
        EXPECT_EQ(file.ftruncate(0), 0);
        EdgeBuffer source(k, edge);
        source.fill(std::byte{5});
        EXPECT_EQ(write(file, source.data(), k + 6000, pos), static_cast<std::int64_t>(k));
        EXPECT_EQ(file.size(), pos + static_cast<std::int64_t>(k));
        EXPECT_EQ(read(file, k + 1, pos), repeated(k, 5));
      }
    }
  }
}

TEST_P(FileMemory, ShortWriteKeepsTheOldBytesBehindIt) {
  EXPECT_EQ(write(file, repeated(12'000, 1), 0), 12'000);
  EXPECT_EQ(file.fsync(), 0);
  for (const bool cached : {true, false}) {
    if (!cached) file.drop_cache();
    EdgeBuffer source(1000);
    source.fill(std::byte{5});
    EXPECT_EQ(write(file, source.data(), 8192, 0), 1000);
    EXPECT_EQ(read(file, 12'000, 1000), repeated(11'000, 1));
    EXPECT_EQ(file.fsync(), 0);
  }
}

TEST_P(FileMemory, FirstByteUnreadableIsEfaultAndChangesNothing) {
  EdgeBuffer source(1);
  EXPECT_EQ(write(file, source.edge(), 5000, 100), -EFAULT);
  EXPECT_EQ(write(file, nullptr, 1, -1), -EFAULT);
  EXPECT_EQ(file.size(), 0);
  EXPECT_EQ(file.position(), 0);
  EXPECT_EQ(volume->reserved_blocks(), 0u);
  EXPECT_TRUE(judge.waited_for(spec::rank_of<spec::UserMemory>));
}

TEST_P(FileMemory, SecondSegmentUnreadableEndsTheWriteThere) {
  EdgeBuffer source(300);
  const iovec segments[] = {{source.data(), 300}, {nullptr, 0}, {source.edge(), 9}};
  EXPECT_EQ(file.pwritev2(segments, 3, -1, 0), 300);
  EXPECT_EQ(file.position(), 300);
}

TEST_P(FileMemory, ReadCountsTheBytesBeforeTheEdge) {
  EXPECT_EQ(write(file, repeated(12'000, 1), 0), 12'000);
  for (const std::uint64_t k : {1u, 4096u, 4097u, 9000u}) {
    EdgeBuffer target(k);
    EXPECT_EQ(read(file, target.data(), 12'000, 50), static_cast<std::int64_t>(k));
  }
  EdgeBuffer target(1);
  EXPECT_EQ(read(file, target.edge(), 10, -1), -EFAULT);
  EXPECT_EQ(file.position(), 0);
  EXPECT_EQ(read(file, target.edge(), 10, 12'000), 0) << "at the end nothing is stored";
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, FileMemory, testing::Values(512, 1024, 4096));

}  // namespace
}  // namespace quire::tests
