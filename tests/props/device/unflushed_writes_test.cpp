// The volatile cache of a device in memory: what a flush has confirmed, and what it has not.
#include "props/device/memory_device.h"

#include "props/memory/poison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quire::props {
namespace {

constexpr std::uint64_t kSize = 64 << 10;

using Bytes = std::vector<std::byte>;

Bytes repeated(std::size_t n, int value) { return Bytes(n, std::byte(value)); }
Bytes poison(std::size_t n) { return Bytes(n, kPoison); }

Bytes medium(const MemoryDevice& device, std::uint64_t pos, std::size_t n) {
  Bytes bytes(n);
  device.read_medium(pos, bytes);
  return bytes;
}

TEST(UnflushedWrites, AreReadAndAreNotOnTheMediumBeforeAFlush) {
  MemoryDevice device(kSize, 512);
  ASSERT_EQ(device.write_at(4096, repeated(1024, 1)), 0);
  Bytes seen(1024);
  ASSERT_EQ(device.read_at(4096, seen), 0);
  EXPECT_EQ(seen, repeated(1024, 1));
  EXPECT_EQ(medium(device, 4096, 1024), poison(1024));
  ASSERT_EQ(device.flush(), 0);
  EXPECT_EQ(medium(device, 4096, 1024), repeated(1024, 1));
}

TEST(UnflushedWrites, KeepTheBytesOfTheLastFlushHoweverOftenASectorIsWritten) {
  MemoryDevice device(kSize, 512);
  ASSERT_EQ(device.write_at(0, repeated(8192, 1)), 0);
  ASSERT_EQ(device.flush(), 0);
  ASSERT_EQ(device.write_at(512, repeated(512, 2)), 0);
  ASSERT_EQ(device.write_at(0, repeated(4096 + 512, 3)), 0);  // across two pages
  EXPECT_EQ(medium(device, 0, 8192), repeated(8192, 1));
  ASSERT_EQ(device.flush(), 0);
  EXPECT_EQ(medium(device, 0, 4608), repeated(4608, 3));
  EXPECT_EQ(medium(device, 4608, 3584), repeated(3584, 1));
  ASSERT_EQ(device.write_at(8192, repeated(512, 4)), 0);  // in memory that held other pages
  EXPECT_EQ(medium(device, 0, 512), repeated(512, 3));
  EXPECT_EQ(medium(device, 8192, 512), poison(512));
}

TEST(UnflushedWrites, AreNamedSectorBySector) {
  MemoryDevice device(kSize, 512);
  ASSERT_EQ(device.write_at(4096 + 512, repeated(1024, 1)), 0);
  EXPECT_FALSE(device.is_unflushed(0, 4096 + 512));
  EXPECT_TRUE(device.is_unflushed(4096 + 1024, 512));
  EXPECT_FALSE(device.is_unflushed(4096 + 1536, 8192));
  EXPECT_TRUE(device.is_unflushed(0, kSize));
  ASSERT_EQ(device.flush(), 0);
  EXPECT_FALSE(device.is_unflushed(0, kSize));
}

TEST(UnflushedWrites, StayApartAfterAFlushThatFails) {
  MemoryDevice device(kSize, 512);
  device.fail(DeviceOp::flush, 0, EIO);
  device.fail(DeviceOp::write, 1, EIO);
  ASSERT_EQ(device.write_at(0, repeated(512, 1)), 0);
  ASSERT_EQ(device.write_at(512, repeated(512, 1)), -EIO);
  ASSERT_EQ(device.flush(), -EIO);
  EXPECT_EQ(medium(device, 0, 1024), poison(1024));
  ASSERT_EQ(device.flush(), 0);
  EXPECT_EQ(medium(device, 0, 512), repeated(512, 1));
  EXPECT_EQ(medium(device, 512, 512), poison(512));
}

TEST(UnflushedWrites, AreForgottenWhereTheDeviceIsPoisonedAgain) {
  MemoryDevice device(kSize, 4096);
  ASSERT_EQ(device.write_at(0, repeated(4096, 1)), 0);
  ASSERT_EQ(device.flush(), 0);
  ASSERT_EQ(device.write_at(0, repeated(4096, 2)), 0);
  device.repoison();
  EXPECT_EQ(medium(device, 0, 4096), poison(4096));
  EXPECT_FALSE(device.is_unflushed(0, kSize));
}

}  // namespace
}  // namespace quire::props
