// The sparse model of a file against one of plain bytes, and the ranges that are compared with it.
#include "props/differential/file_model.h"

#include "props/differential/compared_ranges.h"
#include "props/memory/pattern.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kFar = std::uint64_t{1} << 62;

Bytes some(std::uint64_t n, std::uint64_t seed) {
  Bytes bytes(n);
  fill_pattern(bytes, seed, 0);
  return bytes;
}

TEST(FileModel, RangesMoveAndTurnZero) {
  FileModel file;
  const std::byte three[] = {std::byte{1}, std::byte{2}, std::byte{3}};
  file.write(2, three);
  EXPECT_EQ(file.size(), 5u);
  file.fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3, 100);
  EXPECT_EQ(
      file.bytes(0, file.size()),
      (Bytes{std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}}));
  file.fallocate(FALLOC_FL_INSERT_RANGE, 2, 2);
  EXPECT_EQ(file.at(4), std::byte{1});
  file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 0, 4);
  EXPECT_EQ(file.at(0), std::byte{1});
  EXPECT_EQ(file.size(), 3u);
  file.fallocate(0, 0, 9);
  EXPECT_EQ(file.size(), 9u);
}

/// The same calls on plain bytes.
struct PlainModel {
  Bytes bytes;

  void write(std::uint64_t pos, const Bytes& from) {
    if (bytes.size() < pos + from.size()) bytes.resize(pos + from.size());
    std::ranges::copy(from, bytes.begin() + static_cast<std::ptrdiff_t>(pos));
  }
  void fallocate(int mode, std::uint64_t at, std::uint64_t length) {
    const auto it = [&](std::uint64_t pos) {
      return bytes.begin() + static_cast<std::ptrdiff_t>(std::min(pos, bytes.size()));
    };
    if (mode == FALLOC_FL_COLLAPSE_RANGE) {
      bytes.erase(it(at), it(at + length));
    } else if (mode == FALLOC_FL_INSERT_RANGE) {
      bytes.insert(it(at), length, std::byte{0});
    } else {
      if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) std::fill(it(at), it(at + length), std::byte{0});
      if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && bytes.size() < at + length)
        bytes.resize(at + length);
    }
  }
};

TEST(FileModel, HoldsWhatPlainBytesHold) {
  constexpr int kModes[] = {
      0, FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE,
      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE};
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; ++round) {
    FileModel sparse;
    PlainModel plain;
    for (int step = 0; step < 20; ++step) {
      const std::uint64_t at = random() % 70000;
      const std::uint64_t length = random() % 40000;
      const std::uint64_t kind = random() % 8;
      if (kind < 4) {
        const Bytes from = some(length, random());
        sparse.write(at, from);
        if (!from.empty()) plain.write(at, from);
      } else if (kind < 5) {
        sparse.resize(at);
        plain.bytes.resize(at);
      } else if (kind < 6) {
        const std::uint64_t from = random() % (sparse.size() + 1);
        const std::uint64_t n = std::min(length, sparse.size() - from);
        const Bytes copy = sparse.bytes(from, n);
        sparse.copy_from(at, sparse, from, n);
        if (n != 0) plain.write(at, copy);
      } else {
        const int mode = kModes[random() % std::size(kModes)];
        sparse.fallocate(mode, at, length);
        plain.fallocate(mode, at, length);
      }
      ASSERT_EQ(sparse.size(), plain.bytes.size());
      ASSERT_EQ(sparse.bytes(0, sparse.size()), plain.bytes);
      ASSERT_EQ(sparse.equal_bytes(0, plain.bytes), plain.bytes.size());
      ASSERT_EQ(sparse.bytes(sparse.size(), 20000), Bytes(20000)) << "zero past its end";
      const auto nonzero =
          std::ranges::find_if(plain.bytes, [](std::byte b) { return b != std::byte{0}; });
      ASSERT_EQ(
          sparse.find_nonzero(0, sparse.size()),
          static_cast<std::uint64_t>(nonzero - plain.bytes.begin()));
    }
  }
}

TEST(FileModel, CountsTheBytesThatAreEqual) {
  FileModel file;
  file.write(20000, some(100, 1));
  Bytes got = file.bytes(0, 40000);
  for (const std::size_t wrong : {0, 16383, 16384, 20000, 20099, 20100, 39999}) {
    got[wrong] ^= std::byte{0xff};
    EXPECT_EQ(file.equal_bytes(0, got), wrong);
    EXPECT_EQ(file.equal_bytes(wrong, std::span(got).subspan(wrong)), 0u);
    got[wrong] ^= std::byte{0xff};
  }
}

TEST(FileModel, MayBeLarge) {
  FileModel file;
  file.write(kFar, some(100, 1));
  file.write(5, some(10, 2));
  EXPECT_EQ(file.size(), kFar + 100);
  EXPECT_EQ(file.find_nonzero(15, file.size()), kFar);
  EXPECT_EQ(file.written(), (std::vector<Range>{{0, 16384}, {kFar, kFar + 100}}));
  file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 4096, kFar - 8192);
  EXPECT_EQ(file.size(), 8192u + 100);
  EXPECT_EQ(file.bytes(8192, 100), some(100, 1));
  file.copy_from(kFar, file, 0, file.size());
  EXPECT_EQ(file.bytes(kFar + 5, 10), some(10, 2));
  file.resize(10);
  EXPECT_EQ(file.written(), (std::vector<Range>{{0, 10}}));
}

TEST(RangesToCompare, AreAllOfAFileThatIsNotLarge) {
  FileModel file;
  EXPECT_TRUE(ranges_to_compare(file).empty());
  file.resize(16 << 20);
  EXPECT_EQ(ranges_to_compare(file), (std::vector<Range>{{0, 16 << 20}}));
}

TEST(RangesToCompare, OfALargeFileHaveItsBytesAndTheirTwins) {
  const auto covers = [](const std::vector<Range>& ranges, std::uint64_t pos) {
    return std::ranges::any_of(
        ranges, [=](const Range& r) { return r.start <= pos && pos < r.end; });
  };
  const std::uint64_t base = (std::uint64_t{1} << 44) + (std::uint64_t{1} << 33) + 12345;
  FileModel file;
  file.write(base, some(100000, 1));
  file.resize(kFar);
  const std::vector<Range> ranges = ranges_to_compare(file);
  for (const std::uint64_t pos :
       {std::uint64_t{0}, base - 60000, base, base + 99999, base + 160000, kFar - 1})
    EXPECT_TRUE(covers(ranges, pos)) << pos;
  for (const int bit : {31, 32, 41, 43, 44}) {
    const std::uint64_t one = std::uint64_t{1} << bit;
    EXPECT_TRUE(covers(ranges, base ^ one)) << bit;
    EXPECT_TRUE(covers(ranges, base % one)) << bit;
  }
  for (std::size_t i = 1; i < ranges.size(); ++i) EXPECT_LT(ranges[i - 1].end, ranges[i].start);
  EXPECT_LE(ranges.size(), 60u);
}

}  // namespace
}  // namespace quire::tests
