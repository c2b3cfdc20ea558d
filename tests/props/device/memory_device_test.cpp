// Devices of memory: runs of sectors, errors on demand, and poison where nothing was written.
#include "props/device/memory_device.h"

#include "props/device/poisoned_device.h"
#include "props/memory/pattern.h"
#include "props/memory/poison.h"
#include "tests/write_runs.h"

#include <gtest/gtest.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;

constexpr std::uint64_t kSize = 1 << 20;

/// Sectors of memory, aligned as a device wants them.
struct Sectors {
  alignas(4096) std::array<std::byte, 8192> bytes{};

  iovec segment(std::size_t offset, std::size_t length) { return {bytes.data() + offset, length}; }
};

bool is_poison(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == kPoison; });
}

/// Bytes [pos, pos + length) of the device itself.
std::vector<std::byte> contents(
    const MemoryDevice& device, std::uint64_t pos, std::uint64_t length) {
  std::vector<std::byte> bytes(length);
  device.peek(pos, bytes);
  return bytes;
}
std::vector<std::byte> contents(const MemoryDevice& device) {
  return contents(device, 0, device.size());
}

TEST(MemoryDevice, ScattersAndGathersRuns) {
  MemoryDevice device(kSize, 512);
  EXPECT_TRUE(is_poison(contents(device)));
  Sectors from;
  fill_pattern(from.bytes, 1, 0);
  const std::array first = {from.segment(0, 512), from.segment(1024, 512)};
  const std::array second = {from.segment(4096, 4096)};
  const std::array<DeviceRun, 2> runs = {{{kSize - 1024, first}, {0, second}}};
  ASSERT_EQ(write_runs(device, runs), 0);
  EXPECT_TRUE(std::ranges::equal(contents(device, 0, 4096), std::span(from.bytes).last(4096)));
  EXPECT_TRUE(std::ranges::equal(
      contents(device, kSize - 512, 512), std::span(from.bytes).subspan(1024, 512)));

  Sectors to;
  const std::array back = {to.segment(512, 512), to.segment(4096, 512)};
  const std::array<DeviceRun, 1> read = {{{kSize - 1024, back}}};
  ASSERT_EQ(device.read(read), 0);
  EXPECT_TRUE(std::equal(to.bytes.begin() + 512, to.bytes.begin() + 1024, from.bytes.begin()));
  EXPECT_EQ(device.flush(), 0);
  EXPECT_EQ(device.counts(), (DeviceCounts{.reads = 1, .writes = 2, .flushes = 1}));
}

TEST(MemoryDevice, RefusesRunsThatNoDeviceTakes) {
  MemoryDevice device(kSize, 4096);
  Sectors sectors;
  const auto write = [&](std::uint64_t pos, const iovec& segment) {
    const std::array segments = {segment};
    const std::array<DeviceRun, 1> runs = {{{pos, segments}}};
    return write_runs(device, runs);
  };
  EXPECT_EQ(write(512, sectors.segment(0, 4096)), -EINVAL);
  EXPECT_EQ(write(0, sectors.segment(0, 512)), -EINVAL);
  EXPECT_EQ(write(0, sectors.segment(512, 4096)), -EINVAL);
  EXPECT_EQ(write(0, sectors.segment(0, 0)), -EINVAL);
  EXPECT_EQ(write(kSize, sectors.segment(0, 4096)), -EINVAL);
  EXPECT_EQ(write(0 - std::uint64_t{4096}, sectors.segment(0, 8192)), -EINVAL);
  EXPECT_EQ(device.read_at(512, sectors.bytes), -EINVAL);
  EXPECT_EQ(device.write_at(0, std::span(sectors.bytes).first(100)), -EINVAL);
  EXPECT_EQ(device.counts(), (DeviceCounts{.misuses = 8}));
  EXPECT_TRUE(is_poison(contents(device)));
}

TEST(MemoryDevice, FailsTheOneItIsToldTo) {
  MemoryDevice device(kSize, 512);
  Sectors sectors;
  device.fail(DeviceOp::write, 1, EIO);
  device.fail(DeviceOp::read, 0, ENOMEM);
  device.fail(DeviceOp::flush, 2, ENOSPC);
  const std::array segments = {sectors.segment(0, 512)};
  const std::array<DeviceRun, 3> runs = {{{0, segments}, {512, segments}, {1024, segments}}};
  EXPECT_EQ(write_runs(device, runs), -EIO);
  EXPECT_EQ(contents(device, 0, 1)[0], std::byte{0});
  EXPECT_TRUE(is_poison(contents(device, 512, 512)));
  EXPECT_EQ(contents(device, 1024, 1)[0], std::byte{0});
  EXPECT_EQ(write_runs(device, runs), 0);
  EXPECT_EQ(device.read_at(0, sectors.bytes), -ENOMEM);
  EXPECT_EQ(device.read_at(0, sectors.bytes), 0);
  EXPECT_EQ(device.flush(), 0);
  EXPECT_EQ(device.flush(), 0);
  EXPECT_EQ(device.flush(), -ENOSPC);
  EXPECT_EQ(device.flush(), 0);
}

TEST(MemoryDevice, IsPoisonedAgainWhereItWasWritten) {
  for (const std::uint32_t sector_size : {512u, 4096u}) {
    MemoryDevice device(kSize, sector_size);
    const std::vector<std::byte> bytes(64 * sector_size, std::byte{1});
    const auto write = [&](std::uint64_t sector, std::uint64_t count) {
      ASSERT_EQ(
          device.write_at(sector * sector_size, std::span(bytes).first(count * sector_size)), 0);
    };
    const std::uint64_t sectors = kSize / sector_size;
    write(0, 1);
    write(63, 2);
    write(128, 64);
    write(sectors - 1, 1);
    device.repoison();
    EXPECT_TRUE(is_poison(contents(device)));
    EXPECT_EQ(device.counts(), DeviceCounts{});
  }
}

TEST(MemoryDevice, MayBeLargerThanMemory) {
  constexpr std::uint64_t kLarge = std::uint64_t{1} << 43;
  MemoryDevice device(kLarge, 512);
  Sectors sectors;
  for (const std::uint64_t pos : {std::uint64_t{0}, std::uint64_t{1} << 32, std::uint64_t{1} << 41})
    ASSERT_EQ(device.write_at(pos, std::span(sectors.bytes).first(512)), 0);
  ASSERT_EQ(device.write_at(kLarge - 512, std::span(sectors.bytes).first(512)), 0);
  EXPECT_EQ(device.write_at(kLarge, std::span(sectors.bytes).first(512)), -EINVAL);
  EXPECT_EQ(contents(device, kLarge - 512, 1)[0], std::byte{0});
  EXPECT_TRUE(is_poison(contents(device, (std::uint64_t{1} << 32) + 512, 1 << 20)));
  device.repoison();
  EXPECT_TRUE(is_poison(contents(device, std::uint64_t{1} << 32, 512)));
}

TEST(PoisonedDevice, PutsThePoisonBackWhereItWasWritten) {
  auto memory = std::make_unique<MemoryDevice>(16 * kSize, 512);
  MemoryDevice& below = *memory;
  ASSERT_EQ(below.write_at(0, std::vector<std::byte>(16 * kSize)), 0);
  PoisonedDevice device(std::move(memory));
  ASSERT_EQ(device.repoison(), 0);
  EXPECT_TRUE(is_poison(contents(below)));

  Sectors sectors;
  const std::array segments = {sectors.segment(0, 512), sectors.segment(512, 512)};
  for (std::uint64_t pos = 0; pos < kSize; pos += 4096) {
    const std::array<DeviceRun, 1> runs = {{{pos, segments}}};
    ASSERT_EQ(write_runs(device, runs), 0);
  }
  below.repoison();
  ASSERT_EQ(below.write_at(kSize, sectors.bytes), 0);  // behind its back: to stay
  ASSERT_EQ(device.repoison(), 0);
  EXPECT_EQ(below.counts().writes, 1 + kSize / 4096);
  EXPECT_TRUE(is_poison(contents(below, 0, kSize)));
  EXPECT_EQ(contents(below, kSize, 1)[0], std::byte{0});
}

TEST(PoisonedDevice, TriesAgainEverywhereAfterAnError) {
  auto memory = std::make_unique<MemoryDevice>(kSize, 512);
  MemoryDevice& below = *memory;
  ASSERT_EQ(below.write_at(0, std::vector<std::byte>(kSize)), 0);
  PoisonedDevice device(std::move(memory));
  below.fail(DeviceOp::write, 0, EIO);
  EXPECT_EQ(device.repoison(), -EIO);
  EXPECT_EQ(device.repoison(), 0);
  EXPECT_TRUE(is_poison(contents(below)));
}

}  // namespace
}  // namespace quire::tests
