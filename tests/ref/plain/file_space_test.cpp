// A volume that runs out of space or memory: short counts, then errors, and nothing lost.
#include "tests/ref/plain/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory_resource>
#include <new>

namespace quire::tests {
namespace {

// O9: ENOSPC leaves size and space as they were.
TEST(Space, ShortCountThenEnospcAndNothingLost) {
  JudgedVolume v(1024, 18);  // four pages and a half
  ref::File file = v.volume->open(1);
  EXPECT_EQ(write(file, repeated(40'000, 1), 0), 4 * 4096);
  EXPECT_EQ(v.volume->reserved_blocks(), 16u);
  EXPECT_EQ(write(file, repeated(4096, 2), 4 * 4096), -ENOSPC);
  EXPECT_EQ(file.size(), 4 * 4096);
  EXPECT_EQ(v.volume->free_blocks(), 2u);

  EXPECT_EQ(write(file, repeated(2048, 2), 4 * 4096), 2048);
  EXPECT_EQ(write(file, repeated(100, 3), 4 * 4096 + 1000), 100);
  EXPECT_EQ(write(file, repeated(1, 3), 5 * 4096), -ENOSPC);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(v.volume->reserved_blocks(), 0u);
  EXPECT_EQ(v.volume->free_blocks(), 0u);
  EXPECT_EQ(v.mapped(file, 30), 18u);
  file.drop_cache();
  EXPECT_EQ(read(file, 4 * 4096, 0), repeated(4 * 4096, 1));

  EXPECT_EQ(write(file, repeated(4096, 4), 0), 4096) << "overwriting needs no space";
  EXPECT_EQ(file.ftruncate(4096), 0);
  EXPECT_EQ(v.volume->free_blocks(), 14u);
  EXPECT_EQ(read(file, 9000, 0), repeated(4096, 4));
}

TEST(Space, APageIsReservedWholeOrNotAtAll) {
  JudgedVolume v(512, 19);
  ref::File file = v.volume->open(1);
  EXPECT_EQ(write(file, repeated(12'288, 1), 0), 8192);
  EXPECT_EQ(v.volume->reserved_blocks(), 16u);
  EXPECT_EQ(v.volume->free_blocks(), 3u);
}

TEST(Space, ReservationsFollowTheDirtyBlocks) {
  JudgedVolume v(512, 64);
  ref::File file = v.volume->open(1);
  EXPECT_EQ(write(file, repeated(600, 1), 100), 600);
  EXPECT_EQ(v.volume->reserved_blocks(), 2u);
  EXPECT_EQ(write(file, repeated(600, 1), 300), 600);
  EXPECT_EQ(v.volume->reserved_blocks(), 2u);
  EXPECT_EQ(file.ftruncate(512), 0);
  EXPECT_EQ(v.volume->reserved_blocks(), 1u);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(v.volume->reserved_blocks(), 0u);
  EXPECT_EQ(v.volume->free_blocks(), 63u);
  EXPECT_EQ(file.ftruncate(100), 0);
  EXPECT_EQ(v.volume->reserved_blocks(), 0u);
}

// WB-5.
TEST(Space, UnreadableMemoryLeavesNoReservation) {
  JudgedVolume v(512, 64);
  ref::File file = v.volume->open(1);
  EdgeBuffer source(1000);
  EXPECT_EQ(write(file, source.edge(), 4096, 0), -EFAULT);
  EXPECT_EQ(v.volume->reserved_blocks(), 0u);
  EXPECT_EQ(write(file, source.data(), 4096, 0), 1000);
  EXPECT_EQ(v.volume->reserved_blocks(), 2u);
}

TEST(Space, FreedBlocksServeAnotherFileWithoutTheirOldBytes) {
  JudgedVolume v(512, 16);
  ref::File a = v.volume->open(1), b = v.volume->open(2);
  EXPECT_EQ(write(a, repeated(8192, 1), 0), 8192);
  EXPECT_EQ(a.fsync(), 0);
  EXPECT_EQ(write(b, repeated(1, 2), 0), -ENOSPC);
  EXPECT_EQ(a.ftruncate(0), 0);
  EXPECT_EQ(write(b, repeated(1, 2), 700), 1);
  EXPECT_EQ(b.fsync(), 0);
  b.drop_cache();
  Contents expected = repeated(700, 0);
  expected.push_back(std::byte{2});
  EXPECT_EQ(read(b, 9000, 0), expected);
}

/// Memory for a given number of folios, then none.
class Scarce final : public std::pmr::memory_resource {
 public:
  int folios = 0;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (folios-- <= 0) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(Memory, RunningOutIsAShortCountThenEnomem) {
  MemoryDevice device(1 << 20);
  Scarce memory;
  const auto volume = ref::Volume::make(device, {.block_size = 512, .memory = &memory}).value();
  ref::File file = volume->open(1);
  memory.folios = 2;
  EXPECT_EQ(write(file, repeated(10'000, 1), 0), 8192);
  EXPECT_EQ(write(file, repeated(10, 1), 8192), -ENOMEM);
  EXPECT_EQ(volume->reserved_blocks(), 16u);
  EXPECT_EQ(file.ftruncate(20'000), 0);
  std::byte byte{};
  EXPECT_EQ(read(file, &byte, 1, 9000), -ENOMEM);
  EXPECT_EQ(read(file, 9000, 4096), repeated(4096, 1));
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  EXPECT_EQ(file.ftruncate(100), -ENOMEM);
  EXPECT_EQ(file.size(), 20'000);
}

TEST(Memory, FallocateThatRunsOutHasChangedNothing) {
  MemoryDevice device(1 << 20);
  Scarce memory;
  const auto volume = ref::Volume::make(device, {.block_size = 512, .memory = &memory}).value();
  ref::File file = volume->open(1);
  memory.folios = 3;
  EXPECT_EQ(write(file, repeated(12'000, 1), 0), 12'000);
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t free = volume->free_blocks();
  for (const int mode : {FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE}) {
    for (const int folios : {0, 1}) {
      memory.folios = folios;
      EXPECT_EQ(file.fallocate(mode, 100, 9000), -ENOMEM) << "both edges have to be read";
      memory.folios = 3;
      EXPECT_EQ(read(file, 12'000, 0), repeated(12'000, 1));
      EXPECT_EQ(volume->free_blocks(), free);
      file.drop_cache();
    }
  }
}

}  // namespace
}  // namespace quire::tests
