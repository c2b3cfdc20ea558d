// Long random histories: the file is at all times what a vector of bytes says it is.
#include "tests/ref/plain/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <random>

namespace quire::tests {
namespace {

constexpr std::uint64_t kLengthMax = 30'000;  // bytes of a file
constexpr std::uint64_t kFiles = 3;

/// Two or three files on a volume that is too small for all of them, and their contents.
class History {
 public:
  History(std::uint64_t block_size, std::uint64_t seed)
      : volume_(block_size, 70'000 / block_size), random_(seed) {
    for (std::uint64_t number = 0; number < kFiles; ++number) {
      files_.push_back(volume_.volume->open(number));
      contents_.emplace_back();
    }
  }

  void step() {
    const std::uint64_t i = below(kFiles);
    switch (below(8)) {
      case 0: truncate(files_[i], contents_[i]); break;
      case 1: EXPECT_EQ(files_[i].fsync(), 0); break;
      case 2: files_[i].drop_cache(); break;
      case 3:
      case 4: compare(files_[i], contents_[i]); break;
      default: write_some(files_[i], contents_[i]); break;
    }
    check_ledger();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  /// Leans to the edges of blocks and pages.
  std::uint64_t device_block() {
    const std::uint64_t any = below(kLengthMax);
    return below(2) == 0 ? any : any / 512 * 512;
  }

  void write_some(ref::File& file, Contents& contents) {
    const std::uint64_t pos = device_block();
    const std::uint64_t readable = below(10) == 0 ? 0 : 1 + below(kLengthMax - pos);
    const std::uint64_t beyond = below(3) == 0 ? 1 + below(5000) : 0;
    if (readable + beyond == 0) return;
    EdgeBuffer source(readable);
    source.fill(std::byte(below(256)));
    const std::int64_t n = write(file, source.data(), readable + beyond, static_cast<long>(pos));
    if (n < 0) {
      EXPECT_TRUE(n == -ENOSPC || (n == -EFAULT && readable == 0)) << n;
      return;
    }
    const auto end = pos + static_cast<std::uint64_t>(n);
    EXPECT_LE(end, pos + readable);
    EXPECT_TRUE(end == pos + readable || end % 4096 == 0) << "only space stops it earlier";
    contents.resize(std::max<std::size_t>(contents.size(), end));
    std::copy_n(source.data(), n, contents.begin() + static_cast<long>(pos));
  }

  void truncate(ref::File& file, Contents& contents) {
    const std::uint64_t length = device_block();
    EXPECT_EQ(file.ftruncate(static_cast<std::int64_t>(length)), 0);
    contents.resize(length);
  }

  void compare(ref::File& file, const Contents& contents) {
    EXPECT_EQ(file.size(), static_cast<std::int64_t>(contents.size()));
    EXPECT_TRUE(read(file, kLengthMax + 1, 0) == contents) << "the file differs from its model";
  }

  /// Every block is free, reserved, or mapped by one file (O4).
  void check_ledger() const {
    const ref::Volume& volume = *volume_.volume;
    std::vector<std::uint64_t> used;
    for (const ref::File& file : files_) {
      for (std::uint64_t block = 0; block * volume.block_size() < kLengthMax; ++block) {
        if (const auto device_block = file.device_block_of(block)) used.push_back(*device_block);
      }
    }
    EXPECT_EQ(volume.free_blocks() + volume.reserved_blocks() + used.size(), volume.blocks());
    std::ranges::sort(used);
    EXPECT_EQ(std::ranges::adjacent_find(used), used.end());
  }

  JudgedVolume volume_;
  std::mt19937_64 random_;
  std::vector<ref::File> files_;
  std::vector<Contents> contents_;
};

class FileModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(FileModel, HoldsThroughAnyHistory) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    History history(GetParam(), seed);
    for (int i = 0; i < 120; ++i) {
      history.step();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, FileModel, testing::Values(512, 1024, 2048, 4096));

}  // namespace
}  // namespace quire::tests
