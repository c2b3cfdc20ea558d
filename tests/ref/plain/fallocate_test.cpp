// fallocate: blocks allocated, freed and moved.
#include "tests/ref/plain/volume_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <random>

namespace quire::tests {
namespace {

constexpr int kKeep = FALLOC_FL_KEEP_SIZE;
constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

class Fallocate : public EachBlockSize {
 protected:
  std::uint64_t used() const { return volume->blocks() - volume->free_blocks(); }

  std::int64_t bs = static_cast<std::int64_t>(GetParam());
  ref::File file = volume->open(1);
};

TEST_P(Fallocate, TakesSpaceThatReadsAsZeroAndIsKeptForWrites) {
  EXPECT_EQ(file.fallocate(0, 100, 4 * bs), 0);
  EXPECT_EQ(file.size(), 100 + 4 * bs);
  EXPECT_EQ(used(), 5u);
  EXPECT_EQ(mapped(file, 10), 0u) << "nothing is written there";
  EXPECT_EQ(read(file, 9 * GetParam(), 0), repeated(100 + 4 * GetParam(), 0));
  EXPECT_EQ(write(file, repeated(10, 1), bs), 10);
  EXPECT_EQ(volume->reserved_blocks(), 0u) << "it is allocated";
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  Contents expected = repeated(100 + 4 * GetParam(), 0);
  std::fill_n(expected.begin() + bs, 10, std::byte{1});
  EXPECT_EQ(read(file, 9 * GetParam(), 0), expected);
  EXPECT_EQ(used(), 5u);
  EXPECT_EQ(mapped(file, 10), 1u);
}

TEST_P(Fallocate, KeptSizeHoldsSpacePastTheEndUntilATruncate) {
  EXPECT_EQ(file.fallocate(kKeep, 0, 8 * bs), 0);
  EXPECT_EQ(file.size(), 0);
  EXPECT_EQ(used(), 8u);
  EXPECT_EQ(write(file, repeated(10, 1), 3 * bs), 10);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(used(), 8u);
  file.drop_cache();
  EXPECT_EQ(read(file, 3 * GetParam(), 0), repeated(3 * GetParam(), 0)) << "O3";
  EXPECT_EQ(file.ftruncate(file.size()), 0);
  EXPECT_EQ(used(), 4u) << "blocks past the end are freed";
}

TEST_P(Fallocate, WithoutSpaceTakesNone) {
  const auto blocks = static_cast<std::int64_t>(volume->blocks());
  EXPECT_EQ(write(file, repeated(GetParam(), 1), 0), bs);
  EXPECT_EQ(file.fallocate(0, bs, blocks * bs), -ENOSPC);
  EXPECT_EQ(file.fallocate(FALLOC_FL_ZERO_RANGE, 0, (blocks + 1) * bs), -ENOSPC);
  EXPECT_EQ(used(), 1u);
  EXPECT_EQ(file.size(), bs);
  EXPECT_EQ(read(file, GetParam(), 0), repeated(GetParam(), 1));
  EXPECT_EQ(file.fallocate(0, bs, (blocks - 1) * bs), 0);
  EXPECT_EQ(used(), volume->blocks());
}

TEST_P(Fallocate, PunchedRangeReadsAsZeroAndGivesItsWholeBlocksBack) {
  for (const bool synced : {false, true}) {
    EXPECT_EQ(write(file, repeated(8 * GetParam(), 1), 0), 8 * bs);
    if (synced) {
      EXPECT_EQ(file.fsync(), 0);
      file.drop_cache();
    }
    EXPECT_EQ(file.fallocate(kPunch, bs + 5, 3 * bs), 0);
    EXPECT_EQ(used(), 6u);
    Contents expected = repeated(8 * GetParam(), 1);
    std::fill_n(expected.begin() + bs + 5, 3 * bs, std::byte{0});
    EXPECT_EQ(read(file, 9 * GetParam(), 0), expected);
    EXPECT_EQ(file.fsync(), 0);
    file.drop_cache();
    EXPECT_EQ(read(file, 9 * GetParam(), 0), expected);
    EXPECT_EQ(file.ftruncate(0), 0);
  }
}

TEST_P(Fallocate, ZeroedRangeKeepsItsSpace) {
  EXPECT_EQ(write(file, repeated(4 * GetParam(), 1), 0), 4 * bs);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(file.fallocate(FALLOC_FL_ZERO_RANGE, bs / 2, 5 * bs), 0);
  EXPECT_EQ(used(), 6u);
  EXPECT_EQ(file.size(), bs / 2 + 5 * bs);
  file.drop_cache();
  Contents expected = repeated(GetParam() / 2, 1);
  expected.resize(GetParam() / 2 + 5 * GetParam(), std::byte{0});
  EXPECT_EQ(read(file, 9 * GetParam(), 0), expected);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(volume->reserved_blocks(), 0u);
}

TEST_P(Fallocate, CollapseTakesARangeOutAndInsertPutsAHoleIn) {
  EXPECT_EQ(write(file, repeated(GetParam(), 1), 0), bs);
  EXPECT_EQ(write(file, repeated(GetParam(), 2), bs), bs);
  EXPECT_EQ(write(file, repeated(10, 3), 2 * bs), 10);
  EXPECT_EQ(file.fallocate(FALLOC_FL_INSERT_RANGE, bs, 2 * bs), 0);
  EXPECT_EQ(file.size(), 4 * bs + 10);
  EXPECT_EQ(read(file, 2 * GetParam(), bs), repeated(2 * GetParam(), 0));
  EXPECT_EQ(read(file, GetParam(), 3 * bs), repeated(GetParam(), 2));
  EXPECT_EQ(used(), 3u);
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 0, bs), 0);
  EXPECT_EQ(file.size(), 3 * bs + 10);
  EXPECT_EQ(used(), 2u);
  EXPECT_EQ(read(file, GetParam(), 2 * bs), repeated(GetParam(), 2));
  EXPECT_EQ(read(file, 100, 3 * bs), repeated(10, 3));
}

TEST_P(Fallocate, BadArgumentsAreAnsweredInThisOrderAndChangeNothing) {
  EXPECT_EQ(write(file, repeated(3 * GetParam(), 1), 0), 3 * bs);
  EXPECT_EQ(file.fallocate(0, -1, 1), -EINVAL);
  EXPECT_EQ(file.fallocate(1 << 30, 0, 0), -EINVAL) << "before the mode";
  EXPECT_EQ(file.fallocate(1 << 30, 0, 1), -EOPNOTSUPP);
  EXPECT_EQ(file.fallocate(FALLOC_FL_PUNCH_HOLE, 0, 1), -EOPNOTSUPP) << "it needs KEEP_SIZE";
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE | kKeep, 0, bs), -EOPNOTSUPP);
  EXPECT_EQ(file.fallocate(0, INT64_MAX, 1), -EFBIG);
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, 1, bs), -EINVAL);
  EXPECT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, bs, 2 * bs), -EINVAL) << "to the very end";
  EXPECT_EQ(file.fallocate(FALLOC_FL_INSERT_RANGE, 3 * bs, bs), -EINVAL) << "at the very end";
  EXPECT_EQ(file.fallocate(FALLOC_FL_UNSHARE_RANGE | kKeep, 0, 9 * bs), 0);
  EXPECT_EQ(file.size(), 3 * bs);
  EXPECT_EQ(read(file, 9 * GetParam(), 0), repeated(3 * GetParam(), 1));
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.fallocate(0, -1, 1), -EBADF);
}

TEST_P(Fallocate, SeeksFindWrittenBlocksAndNoOthers) {
  EXPECT_EQ(file.lseek(0, SEEK_HOLE), -ENXIO) << "the file is empty";
  EXPECT_EQ(file.fallocate(0, 0, 8 * bs), 0);
  EXPECT_EQ(file.lseek(0, SEEK_DATA), -ENXIO) << "space is not data";
  EXPECT_EQ(write(file, repeated(1, 1), 3 * bs + 7), 1);
  for (const bool synced : {false, true}) {
    if (synced) {
      EXPECT_EQ(file.fsync(), 0);
      file.drop_cache();
    }
    EXPECT_EQ(file.lseek(1, SEEK_DATA), 3 * bs);
    EXPECT_EQ(file.position(), 3 * bs);
    EXPECT_EQ(file.lseek(3 * bs + 9, SEEK_DATA), 3 * bs + 9);
    EXPECT_EQ(file.lseek(3 * bs, SEEK_HOLE), 4 * bs);
    EXPECT_EQ(file.lseek(5, SEEK_HOLE), 5);
    EXPECT_EQ(file.lseek(4 * bs, SEEK_DATA), -ENXIO);
    EXPECT_EQ(file.lseek(8 * bs, SEEK_HOLE), -ENXIO);
    EXPECT_EQ(file.lseek(-1, SEEK_DATA), -ENXIO);
    EXPECT_EQ(file.position(), 5) << "an error moves nothing";
  }
  EXPECT_EQ(file.lseek(-3, SEEK_CUR), 2);
  EXPECT_EQ(file.lseek(-3, SEEK_CUR), -EINVAL);
  EXPECT_EQ(file.lseek(1, SEEK_END), 8 * bs + 1);
  EXPECT_EQ(file.lseek(INT64_MAX, SEEK_END), -EINVAL);
  EXPECT_EQ(file.lseek(0, 7), -EINVAL);
}

/// Any calls, against plain bytes: the same contents, and no block leaks.
TEST_P(Fallocate, AnyCallsAgreeWithPlainBytes) {
  std::mt19937_64 random(GetParam());
  const auto below = [&](std::uint64_t end) { return static_cast<std::int64_t>(random() % end); };
  Contents plain;
  for (int i = 0; i < 3000; ++i) {
    std::int64_t at = below(40'000);
    std::int64_t length = 1 + below(12'000);
    const auto end = static_cast<std::uint64_t>(at + length);
    const auto byte_at = [&](std::int64_t p) {
      return plain.begin() + std::min<std::int64_t>(p, static_cast<std::int64_t>(plain.size()));
    };
    switch (below(9)) {
      case 0:
      case 1: {
        const Contents bytes = repeated(static_cast<std::uint64_t>(length), 1 + i % 255);
        ASSERT_EQ(write(file, bytes, at), length);
        if (plain.size() < end) plain.resize(end);
        std::copy(bytes.begin(), bytes.end(), plain.begin() + at);
        break;
      }
      case 2:
        ASSERT_EQ(file.fallocate(kPunch, at, length), 0);
        std::fill(byte_at(at), byte_at(at + length), std::byte{0});
        break;
      case 3:
        ASSERT_EQ(file.fallocate(FALLOC_FL_ZERO_RANGE, at, length), 0);
        std::fill(byte_at(at), byte_at(at + length), std::byte{0});
        if (plain.size() < end) plain.resize(end);
        break;
      case 4: ASSERT_EQ(file.fallocate(kKeep, at, length), 0); break;
      case 5:
        at = at / bs * bs;
        length = (1 + length / bs) * bs;
        if (at + length < static_cast<std::int64_t>(plain.size())) {
          ASSERT_EQ(file.fallocate(FALLOC_FL_COLLAPSE_RANGE, at, length), 0);
          plain.erase(byte_at(at), byte_at(at + length));
        }
        break;
      case 6:
        at = at / bs * bs;
        if (at < static_cast<std::int64_t>(plain.size()) && plain.size() < 60'000) {
          ASSERT_EQ(file.fallocate(FALLOC_FL_INSERT_RANGE, at, bs), 0);
          plain.insert(byte_at(at), GetParam(), std::byte{0});
        }
        break;
      case 7:
        ASSERT_EQ(file.ftruncate(at), 0);
        plain.resize(static_cast<std::uint64_t>(at));
        break;
      default:
        ASSERT_EQ(file.fsync(), 0);
        file.drop_cache();
        break;
    }
    ASSERT_EQ(file.size(), static_cast<std::int64_t>(plain.size())) << "call " << i;
    ASSERT_EQ(read(file, 100'000, 0), plain) << "call " << i;
    const auto cached = volume->free_blocks() + volume->reserved_blocks();
    ASSERT_LE(cached, volume->blocks());
  }
  EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(volume->free_blocks(), volume->blocks());
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, Fallocate, testing::Values(512, 1024, 4096));

}  // namespace
}  // namespace quire::tests
