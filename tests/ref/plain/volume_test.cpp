// Making volumes and devices: what fits and what does not.
#include "ref/plain/volume.h"

#include "ref/device/file_device.h"
#include "ref/plain/first_fit.h"
#include "tests/ref/plain/volume_fixture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <vector>

namespace quire::tests {
namespace {

std::string refusal(std::uint64_t device_size, std::uint64_t sector, std::uint64_t block_size) {
  MemoryDevice device(device_size, sector);
  const auto volume = ref::Volume::make(device, {.block_size = block_size});
  return volume ? "" : volume.error();
}

TEST(Volume, RefusesADeviceOrBlockSizeThatDoesNotFit) {
  EXPECT_EQ(refusal(1 << 20, 512, 512), "");
  EXPECT_EQ(refusal(16 * 4096, 4096, 4096), "");
  EXPECT_NE(refusal(1 << 20, 512, 256).find("512 to 4096"), std::string::npos);
  EXPECT_NE(refusal(1 << 20, 512, 8192).find("512 to 4096"), std::string::npos);
  EXPECT_NE(refusal(1 << 20, 512, 1000).find("power of two"), std::string::npos);
  EXPECT_NE(refusal(1 << 20, 512, 0).find("power of two"), std::string::npos);
  EXPECT_NE(refusal(1 << 20, 4096, 512).find("sector size"), std::string::npos);
  EXPECT_NE(refusal(16 * 4096 - 1, 512, 4096).find("too small"), std::string::npos);
}

TEST(Volume, OwnsEveryBlock) {
  MemoryDevice device(100'000);
  const auto volume = ref::Volume::make(device, {.block_size = 1024}).value();
  EXPECT_EQ(volume->blocks(), 97u);
  EXPECT_EQ(volume->free_blocks(), 97u);
  EXPECT_EQ(volume->reserved_blocks(), 0u);
  EXPECT_EQ(volume->block_size(), 1024u);
}

TEST(FirstFit, HandsOutTheLowestFreeBlock) {
  ref::FirstFit space(4);
  EXPECT_FALSE(space.reserve(5));
  EXPECT_TRUE(space.reserve(3));
  EXPECT_EQ(space.free_blocks(), 1u);
  EXPECT_EQ(space.allocate(), 0u);
  EXPECT_EQ(space.allocate(), 1u);
  space.free(0);
  EXPECT_EQ(space.allocate(), 0u);
  EXPECT_TRUE(space.reserve(2));
  space.unreserve(1);
  EXPECT_EQ(space.allocate(), 2u);
  EXPECT_EQ(space.free_blocks(), 1u);
  EXPECT_EQ(space.reserved_blocks(), 0u);
}

TEST(FirstFit, StartsAtItsFirstBlock) {
  constexpr std::uint64_t kFar = std::uint64_t{1} << 33;
  ref::FirstFit space(kFar + 3, kFar);
  EXPECT_TRUE(space.reserve(6));
  for (const std::uint64_t block : {kFar, kFar + 1, kFar + 2, std::uint64_t{0}, std::uint64_t{1}})
    EXPECT_EQ(space.allocate(), block);
  space.free(kFar + 1);
  EXPECT_EQ(space.allocate(), kFar + 1);
  EXPECT_EQ(space.free_blocks(), kFar + 3 - 5);
}

/// Against a flag for each block.
TEST(FirstFit, KeepsTheBlocksInUse) {
  constexpr std::uint64_t kBlocks = 70;
  ref::FirstFit space(kBlocks);
  std::vector<bool> used(kBlocks);
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t block = random() % kBlocks;
    if (used[block]) {
      space.free(block);
      used[block] = false;
    } else if (space.reserve(1)) {
      const auto lowest = std::ranges::find(used, false);
      EXPECT_EQ(space.allocate(), static_cast<std::uint64_t>(lowest - used.begin()));
      *lowest = true;
    }
    EXPECT_EQ(space.free_blocks(), static_cast<std::uint64_t>(std::ranges::count(used, false)));
  }
}

TEST(FirstFitDeathTest, RefusesBlocksThatWereNotReserved) {
  ref::FirstFit space(4);
  EXPECT_DEATH(space.allocate(), "not reserved");
  EXPECT_DEATH(space.unreserve(1), "than were reserved");
  EXPECT_DEATH(space.free(1), "not in use");
}

TEST(FileDevice, CarriesAVolume) {
  char path[] = "/tmp/quire_ref_XXXXXX";
  const int fd = ::mkstemp(path);
  ASSERT_EQ(::ftruncate(fd, 64 * 1024), 0);
  const auto device = ref::FileDevice::make(path).value();
  EXPECT_EQ(device->size(), 64u * 1024);
  EXPECT_EQ(device->sector_size(), 512u);
  const auto volume = ref::Volume::make(*device, {.block_size = 512}).value();
  ref::File file = volume->open(7);
  EXPECT_EQ(write(file, repeated(5000, 9), 100), 5000);
  EXPECT_EQ(file.fsync(), 0);
  std::vector<std::byte> block(512);
  EXPECT_EQ(
      ::pread(fd, block.data(), 512, static_cast<off_t>(*file.device_block_of(1) * 512)),
      ssize_t{512});
  EXPECT_EQ(block, repeated(512, 9));
  file.drop_cache();
  EXPECT_EQ(read(file, 5000, 100), repeated(5000, 9));

  EXPECT_EQ(device->read(64 * 1024, block), -EINVAL);
  EXPECT_EQ(device->write(64 * 1024 - 1, block), -EINVAL);
  ASSERT_EQ(::ftruncate(fd, 0), 0);
  EXPECT_EQ(device->read(0, block), -EIO);
  ::close(fd);
  ::unlink(path);
}

TEST(FileDevice, NamesThePathThatCannotBeOpened) {
  EXPECT_NE(ref::FileDevice::make("/nowhere/x").error().find("/nowhere/x"), std::string::npos);
  EXPECT_NE(ref::FileDevice::make("/dev/null").error().find("neither"), std::string::npos);
}

}  // namespace
}  // namespace quire::tests
