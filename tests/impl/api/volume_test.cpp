// Promises of libquire's own surface that the lockstep suite does not compare.
#include "impl/space/block_map.h"

#include <quire/quire.h>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace quire {
namespace {

/// A device in memory whose writes can be made to fail from a position on.
class TestDevice final : public BlockDevice {
 public:
  explicit TestDevice(std::uint64_t bytes, std::uint32_t sector = 512)
      : bytes_(bytes, std::byte{0xDB}), sector_(sector) {}

  std::uint64_t size() const override { return bytes_.size(); }
  std::uint32_t sector_size() const override { return sector_; }
  const std::string& name() const override { return name_; }
  int read(std::span<const DeviceRun> runs) override {
    if (has_no_memory) throw std::bad_alloc();
    for (const DeviceRun& run : runs) {
      const std::byte* from = bytes_.data() + run.device_pos;
      for (const iovec& s : run.segments) {
        std::memcpy(s.iov_base, from, s.iov_len);
        from += s.iov_len;
      }
    }
    return 0;
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    if (has_no_memory) throw std::bad_alloc();
    ++write_calls;
    write_runs += runs.size();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const DeviceRun& run = runs[i];
      std::uint64_t end = run.device_pos;
      for (const iovec& s : run.segments) end += s.iov_len;
      results[i] = end > fails_from ? -EIO : 0;
      if (results[i] != 0) continue;
      std::byte* to = bytes_.data() + run.device_pos;
      for (const iovec& s : run.segments) {
        std::memcpy(to, s.iov_base, s.iov_len);
        to += s.iov_len;
      }
    }
  }
  int flush() override { return 0; }

  std::uint64_t fails_from = ~std::uint64_t{0};
  bool has_no_memory = false;
  std::uint64_t write_calls = 0, write_runs = 0;

 private:
  std::vector<std::byte> bytes_;
  std::uint32_t sector_;
  std::string name_ = "test device";
};

ssize_t write_at(File& file, off_t pos, const std::string& text) {
  const iovec whole{const_cast<char*>(text.data()), text.size()};
  return file.pwritev2(&whole, 1, pos, 0);
}

std::string read_at(File& file, off_t pos, std::size_t n) {
  std::string text(n, '?');
  const iovec whole{text.data(), n};
  const ssize_t got = file.preadv2(&whole, 1, pos, 0);
  return got < 0 ? std::strerror(static_cast<int>(-got))
                 : text.substr(0, static_cast<std::size_t>(got));
}

TEST(Volume, RefusesADeviceOrABlockSizeThatItCannotUse) {
  const auto why = [](std::uint64_t bytes, std::uint32_t sector, std::uint64_t block) {
    const auto volume =
        Volume::open(std::make_shared<TestDevice>(bytes, sector), {.block_size = block});
    return volume ? "" : volume.error().what;
  };
  EXPECT_EQ(why(1 << 20, 512, 4096), "");
  EXPECT_EQ(
      why(1 << 20, 512, 3000),
      "test device: block size 3000 is not a power of two from 512 to 4096");
  EXPECT_EQ(
      why(1 << 20, 512, 0), "test device: block size 0 is not a power of two from 512 to 4096");
  EXPECT_EQ(
      why(1 << 20, 4096, 512),
      "test device: block size 512 is smaller than the device's sector of 4096 bytes");
  EXPECT_EQ(
      why(8192, 512, 4096),
      "test device: too small: 8192 bytes make 2 blocks of 4096, and a volume needs 16");
}

TEST(Volume, NamesADeviceThatIsNotThere) {
  const auto volume = Volume::open("/nonexistent/device");
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, ENOENT);
  EXPECT_NE(volume.error().what.find("/nonexistent/device"), std::string::npos);
}

TEST(File, ClosedHandleReturnsEbadfAndLosesNothing) {
  auto volume = Volume::open(std::make_shared<TestDevice>(1 << 20)).value();
  File file = volume.file(1).value();
  EXPECT_EQ(write_at(file, 0, "kept"), 4);
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.close(), -EBADF);
  EXPECT_EQ(write_at(file, 0, "lost"), -EBADF);
  EXPECT_EQ(file.fsync(), -EBADF);
  EXPECT_EQ(file.ftruncate(0), -EBADF);
  EXPECT_EQ(file.ftruncate(-1), -EINVAL);
  EXPECT_EQ(file.size(), -EBADF);
  File again = volume.file(1).value();
  EXPECT_EQ(read_at(again, 0, 10), "kept");
}

TEST(File, UnknownFlagIsNotSupported) {
  auto volume = Volume::open(std::make_shared<TestDevice>(1 << 20)).value();
  File file = volume.file(1).value();
  char byte = 'x';
  const iovec one{&byte, 1};
  EXPECT_EQ(file.pwritev2(&one, 1, 0, 1 << 30), -EOPNOTSUPP);
  EXPECT_EQ(file.preadv2(&one, 1, 0, 1 << 30), -EOPNOTSUPP);
}

TEST(File, EndsAtTheLargestOffset) {
  auto volume = Volume::open(std::make_shared<TestDevice>(1 << 20)).value();
  File file = volume.file(1).value();
  constexpr off_t kMax = std::numeric_limits<off_t>::max();
  EXPECT_EQ(write_at(file, kMax - 3, "abc"), 3);
  EXPECT_EQ(file.size(), kMax);
  EXPECT_EQ(write_at(file, kMax - 2, "abc"), -EINVAL);
  EXPECT_EQ(read_at(file, kMax - 5, 3), std::string("\0\0a", 3));
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(volume.free_blocks(), volume.blocks());
}

TEST(File, ReportsAFailedWritebackOnceAndShowsNoGarbage) {
  auto device = std::make_shared<TestDevice>(1 << 20);
  auto volume = Volume::open(device).value();
  File file = volume.file(1).value();
  EXPECT_EQ(write_at(file, 0, std::string(4096, 'a')), 4096);
  EXPECT_EQ(file.fsync(), 0);
  device->fails_from = 4096;
  EXPECT_EQ(write_at(file, 0, std::string(12288, 'b')), 12288);
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_TRUE(file.device_block_of(0).has_value());
  EXPECT_FALSE(file.device_block_of(1).has_value())
      << "a device block that was not written is unmapped";
  EXPECT_TRUE(read_at(file, 0, 12288) == std::string(12288, 'b')) << "it stays in the cache";
  EXPECT_EQ(file.drop_cache(), 0);
  EXPECT_TRUE(read_at(file, 0, 12288) == std::string(4096, 'b') + std::string(8192, '\0'));
  EXPECT_EQ(volume.free_blocks(), volume.blocks() - 1);
}

TEST(File, EachHandleReportsAFailedWritebackOnce) {
  auto device = std::make_shared<TestDevice>(1 << 20);
  auto volume = Volume::open(device).value();
  File writer = volume.file(1).value(), other = volume.file(1).value(),
       stranger = volume.file(2).value();
  device->fails_from = 0;
  EXPECT_EQ(write_at(writer, 0, std::string(4096, 'a')), 4096);
  EXPECT_EQ(other.fsync(), -EIO);
  device->fails_from = ~std::uint64_t{0};
  EXPECT_EQ(volume.file(1).value().fsync(), 0) << "opened after a handle reported it";
  EXPECT_EQ(other.fsync(), 0);
  EXPECT_EQ(writer.fsync(), -EIO) << "though another handle has reported it";
  EXPECT_EQ(writer.fsync(), 0);
  EXPECT_EQ(stranger.fsync(), 0);
}

TEST(File, AnyHandleReportsTheErrorOfAThrottledWritersWriteback) {
  auto device = std::make_shared<TestDevice>(1 << 20);
  auto volume = Volume::open(device, {.dirty_max = 4096}).value();
  {
    File writer = volume.file(1).value();
    device->fails_from = 0;
    EXPECT_EQ(write_at(writer, 0, std::string(8192, 'a')), 8192);
    EXPECT_EQ(write_at(writer, 0, std::string(4096, 'a')), 4096) << "after a pass of writeback";
    EXPECT_FALSE(writer.device_block_of(0).has_value());
    device->fails_from = ~std::uint64_t{0};
    EXPECT_EQ(writer.close(), 0);
  }
  File later = volume.file(1).value();
  EXPECT_EQ(later.ftruncate(4096), 0) << "does not consume the error that `later` must report";
  EXPECT_EQ(later.fsync(), -EIO);
  EXPECT_EQ(volume.file(1).value().fsync(), 0);
}

TEST(File, DeviceWithoutMemoryLeavesNoFolioLockedAndLosesNothing) {
  auto device = std::make_shared<TestDevice>(1 << 20);
  auto volume = Volume::open(device).value();
  File file = volume.file(1).value();
  EXPECT_EQ(write_at(file, 0, std::string(8192, 'a')), 8192);
  device->has_no_memory = true;
  EXPECT_EQ(file.fsync(), -ENOMEM);
  device->has_no_memory = false;
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(file.drop_cache(), 0);

  device->has_no_memory = true;
  std::string bytes(10, '\0');
  const iovec whole{bytes.data(), bytes.size()};
  EXPECT_EQ(file.preadv2(&whole, 1, 0, 0), -ENOMEM);
  EXPECT_EQ(write_at(file, 10, "part of a block"), -ENOMEM);
  device->has_no_memory = false;
  EXPECT_EQ(write_at(file, 10, "part of a block"), 15);
  EXPECT_TRUE(read_at(file, 0, 8192).starts_with("aaaaaaaaaapart of a blocka"));
  EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(volume.free_blocks(), volume.blocks());
}

TEST(File, NeighboursAreWrittenAsOneRun) {
  auto device = std::make_shared<TestDevice>(4 << 20);
  auto volume = Volume::open(device).value();
  File file = volume.file(1).value();
  for (off_t page = 0; page < 64; ++page) {
    ASSERT_EQ(write_at(file, page * 4096, std::string(4096, 'p')), 4096);
  }
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(device->write_calls, 1u);
  EXPECT_EQ(device->write_runs, 1u);
}

/// Refuses everything, from `refuse` on.
class ShortMemory final : public std::pmr::memory_resource {
 public:
  bool refuse = false;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (refuse) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(File, WithoutMemoryReturnsEnomemAndKeepsItsData) {
  ShortMemory memory;
  auto volume = Volume::open(std::make_shared<TestDevice>(1 << 20), {.memory = &memory}).value();
  File file = volume.file(1).value();
  EXPECT_EQ(write_at(file, 0, "kept"), 4);
  memory.refuse = true;
  EXPECT_EQ(write_at(file, 1 << 16, "lost"), -ENOMEM);
  EXPECT_EQ(file.size(), 4);
  EXPECT_EQ(write_at(file, 4094, "four"), 2) << "there is no memory for the second page";
  EXPECT_EQ(read_at(file, 0, 4), "kept");
  EXPECT_EQ(file.fsync(), 0);
}

TEST(File, ThreadsOnOneFileLoseNothing) {
  auto volume =
      Volume::open(std::make_shared<TestDevice>(16 << 20), {.dirty_max = 1 << 16}).value();
  constexpr int kThreads = 4, kWrites = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&volume, t] {
      File file = volume.file(1).value();
      for (int i = 0; i < kWrites; ++i) {
        const off_t pos = (static_cast<off_t>(i) * kThreads + t) * 3000;
        EXPECT_EQ(write_at(file, pos, std::string(3000, static_cast<char>('a' + t))), 3000);
        if (i % 50 == 0) {
          EXPECT_EQ(file.fsync(), 0);
        }
        if (i % 30 == 0) {
          EXPECT_EQ(file.drop_cache(), 0);
        }
        EXPECT_EQ(read_at(file, pos, 3000), std::string(3000, static_cast<char>('a' + t)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  File file = volume.file(1).value();
  EXPECT_EQ(file.drop_cache(), 0);
  for (int k = 0; k < kThreads * kWrites; ++k) {
    EXPECT_EQ(
        read_at(file, k * 3000, 3000), std::string(3000, static_cast<char>('a' + k % kThreads)));
  }
}

TEST(BlockMap, UnmapsAnyPart) {
  impl::BlockMap map;
  const auto unmap = [&map](std::uint64_t first, std::uint64_t end) {
    std::vector<Extent> released;
    map.unmap(first, end, [&](const Extent& extent) { released.push_back(extent); });
    return released;
  };
  map.map(10, {100, 10});
  map.map(20, {110, 5});  // continues the run before it
  map.map(30, {200, 5});
  EXPECT_EQ(unmap(12, 14), (std::vector<Extent>{{102, 2}}));
  EXPECT_EQ(map.holes(10, 35), 2u + 5u);
  EXPECT_EQ(map.run_at(14, 100).length, 11u);
  EXPECT_EQ(map.run_at(14, 100).device_block, 104u);
  EXPECT_EQ(unmap(24, 31), (std::vector<Extent>{{114, 1}, {200, 1}}));
  EXPECT_EQ(unmap(0, ~std::uint64_t{0}), (std::vector<Extent>{{100, 2}, {104, 10}, {201, 4}}));
  EXPECT_EQ(map.holes(0, 100), 100u);
}

}  // namespace
}  // namespace quire
