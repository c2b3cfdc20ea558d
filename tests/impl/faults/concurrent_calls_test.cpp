// A call that waits for the device holds no lock that a call on cached bytes needs.
//
// The device stops in an operation until the test releases it: a call that needs the device too
// would never end. No test measures time; one that fails waits kPatience first.
#include "tests/impl/faults/fault_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <future>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

namespace quire::tests {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

/// Stops the first operation of a kind until the test releases it.
class Stopper {
 public:
  Stopper(FaultyDevice& device, DeviceOp op) {
    device.fault = [this, op](DeviceOp now) -> std::optional<int> {
      if (now == op && !stopped_.exchange(true)) {
        reached_.release();
        go_on_.acquire();
      }
      return std::nullopt;
    };
  }
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;

  /// Lets the operation go on. Each operation asks the stopper, so it must outlive them all.
  void release() { go_on_.release(); }

  /// Whether the operation has begun.
  bool wait() { return reached_.try_acquire_for(kPatience); }

 private:
  std::atomic<bool> stopped_{false};
  std::binary_semaphore reached_{0}, go_on_{0};
};

ssize_t write(File& file, off_t pos, std::size_t length, char fill) {
  const std::string from = pattern(length, fill);
  const iovec whole{const_cast<char*>(from.data()), from.size()};
  return file.pwritev2(&whole, 1, pos, 0);
}
ssize_t read(File& file, off_t pos, std::size_t length) {
  std::string to(length, '?');
  const iovec whole{to.data(), to.size()};
  return file.preadv2(&whole, 1, pos, 0);
}

class ConcurrentCalls : public testing::Test {
 protected:
  /// Runs `call` until it stands in an operation of the device; then `others` must end.
  template <class Call, class Others>
  void while_it_waits(DeviceOp op, Call call, Others others) {
    Stopper stopper(*device_, op);
    std::thread waiter(call);
    const bool waits = stopper.wait();
    auto done = std::async(std::launch::async, others);
    const bool ended = waits && done.wait_for(kPatience) == std::future_status::ready;
    EXPECT_TRUE(waits) << "the call does not reach the device";
    EXPECT_TRUE(ended) << "a call waits for a device that it does not need";
    stopper.release();
    done.wait();
    waiter.join();
    device_->fault = nullptr;
  }

  std::shared_ptr<FaultyDevice> device_ = std::make_shared<FaultyDevice>(kBlock * kBlocks);
  Volume volume_ = Volume::open(device_, {.dirty_max = 16 * kBlock}).value();
  File file_ = volume_.file(1).value();
};

TEST_F(ConcurrentCalls, AReaderDoesNotWaitForAThrottledWriter) {
  ASSERT_EQ(write(file_, 0, 20 * kBlock, 'a'), 20 * kBlock);
  while_it_waits(
      DeviceOp::write, [this] { EXPECT_EQ(write(file_, 0, kBlock, 'b'), kBlock); },
      [this] { EXPECT_EQ(read(file_, 100, 100), 100); });
}

TEST_F(ConcurrentCalls, AReaderDoesNotWaitForATruncateThatWaitsForWriteback) {
  ASSERT_EQ(write(file_, 0, 10 * kBlock, 'a'), 10 * kBlock);
  File second = volume_.file(1).value();
  std::thread truncates;
  while_it_waits(
      DeviceOp::write, [&] { EXPECT_EQ(second.fsync(), 0); },
      [&] {
        std::atomic<bool> begun{false};
        truncates = std::thread([&] {
          begun = true;
          EXPECT_EQ(file_.ftruncate(kBlock), 0);
        });
        while (!begun) std::this_thread::yield();
        for (int i = 0; i < 200; ++i) {
          EXPECT_EQ(read(file_, 100, 100), 100);
          std::this_thread::yield();
        }
      });
  truncates.join();
  EXPECT_EQ(file_.size(), static_cast<off_t>(kBlock));
}

TEST_F(ConcurrentCalls, NobodyWaitsForAReaderThatWaitsForTheDevice) {
  ASSERT_EQ(write(file_, 0, 10 * kBlock, 'a'), 10 * kBlock);
  ASSERT_EQ(file_.fsync(), 0);
  ASSERT_EQ(file_.drop_cache(), 0);
  ASSERT_EQ(read(file_, 0, 10), 10);  // block 0 is cached, the others are not
  while_it_waits(
      DeviceOp::read, [this] { EXPECT_EQ(read(file_, 4 * kBlock, 10), 10); },
      [this] {
        EXPECT_EQ(write(file_, 20 * kBlock, kBlock, 'b'), kBlock);
        EXPECT_EQ(read(file_, 0, 10), 10);
      });
}

TEST_F(ConcurrentCalls, NobodyWaitsForAFlush) {
  ASSERT_EQ(write(file_, 0, 10 * kBlock, 'a'), 10 * kBlock);
  while_it_waits(
      DeviceOp::flush, [this] { EXPECT_EQ(file_.fsync(), 0); },
      [this] {
        EXPECT_EQ(write(file_, 0, kBlock, 'b'), kBlock);
        EXPECT_EQ(read(file_, 0, 10), 10);
        EXPECT_EQ(file_.drop_cache(), 0);
        EXPECT_EQ(file_.ftruncate(kBlock), 0);
      });
}

TEST(SharedWork, AReadIsOneStepAlsoIfItHasToReadTheDevice) {
  // Each write fills all pages with one letter; a read must never see two.
  auto device = std::make_shared<FaultyDevice>(kBlock * kBlocks);
  auto volume = Volume::open(device).value();
  File file = volume.file(1).value();
  const auto fill = [&](char letter) {
    const std::string all(8 * kBlock, letter);
    const iovec whole{const_cast<char*>(all.data()), all.size()};
    EXPECT_EQ(file.pwritev2(&whole, 1, 0, 0), static_cast<ssize_t>(all.size()));
  };
  fill('a');
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (char letter = 'b'; !stop; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
      fill(letter);
      EXPECT_EQ(file.fsync(), 0);
      EXPECT_EQ(file.drop_cache(), 0);
    }
  });
  for (int i = 0; i < 500; ++i) {
    const std::string seen = contents(file);
    EXPECT_EQ(seen.find_first_not_of(seen[0]), std::string::npos);
  }
  stop = true;
  writer.join();
}

TEST(SharedWork, AWriterOfOneFileDoesNotWriteBackAnotherEachTime) {
  auto device = std::make_shared<FaultyDevice>(kBlock * 8192);
  auto volume = Volume::open(device, {.dirty_max = 2048 * kBlock}).value();
  File a = volume.file(1).value(), b = volume.file(2).value();
  ASSERT_EQ(write(a, 0, 2560 * kBlock, 'a'), static_cast<ssize_t>(2560 * kBlock));
  const std::uint64_t before = device->write_calls;
  for (off_t i = 0; i < 1000; ++i) ASSERT_EQ(write(b, i * 100, 100, 'b'), 100);
  EXPECT_LE(device->write_calls - before, 8u) << "the data over the limit is written, once";
}

TEST_F(ConcurrentCalls, ReadersOfStaleBlocksMeetTruncates) {
  // A reader fills stale blocks without the lock that keeps truncates out: the size may fall below
  // its position at any step.
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      while (!stop) read(file_, (2 * r + 1) * off_t{kBlock}, 100);
    });
  }
  for (int round = 0; round < 40'000; ++round) {
    EXPECT_EQ(file_.ftruncate(0), 0);
    EXPECT_EQ(file_.ftruncate(8 * kBlock), 0);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(ConcurrentCalls, OneOfTwoThreadsReportsAnErrorOfTheirHandle) {
  device_->run_fault = [](const DeviceRun&) { return -EIO; };
  for (int trial = 0; trial < 20'000; ++trial) {
    ASSERT_EQ(write(file_, 0, kBlock, 'a'), kBlock);
    std::barrier both(2);
    const auto fsync = [&] {
      both.arrive_and_wait();
      return file_.fsync();
    };
    auto other = std::async(std::launch::async, fsync);
    const int mine = fsync(), theirs = other.get();
    EXPECT_EQ(std::minmax({mine, theirs}), (std::pair{-EIO, 0})) << "trial " << trial;
  }
}

TEST(Placement, FilesAppendedInTurnKeepTheirBlocksTogether) {
  for (const std::uint64_t files : {2u, 5u}) {
    auto device = std::make_shared<FaultyDevice>(kBlock * 4096);
    auto volume = Volume::open(device).value();
    std::vector<File> open;
    for (std::uint64_t f = 0; f < files; ++f) open.push_back(volume.file(f).value());
    constexpr std::uint64_t kPages = 128;
    for (std::uint64_t page = 0; page < kPages; ++page) {
      for (File& file : open) {
        ASSERT_EQ(write(file, static_cast<off_t>(page * kBlock), kBlock, 'a'), kBlock);
        ASSERT_EQ(file.fsync(), 0);
      }
    }
    for (File& file : open) {
      std::uint64_t runs = 1;
      for (std::uint64_t page = 1; page < kPages; ++page) {
        runs += *file.device_block_of(page) != *file.device_block_of(page - 1) + 1 ? 1 : 0;
      }
      EXPECT_LE(runs, 8u) << "preallocations of 16, 32, 64 ... blocks: a new run for each at most";
    }
  }
}

TEST(Placement, APreallocationNeverKeepsBlocksFromAnotherFile) {
  auto device = std::make_shared<FaultyDevice>(kBlock * kBlocks);
  auto volume = Volume::open(device).value();
  // Each file has blocks preallocated behind its last one; together they still fill the volume.
  std::uint64_t accepted = 0;
  for (std::uint64_t f = 0; f < kBlocks; ++f) {
    File file = volume.file(f).value();
    ASSERT_EQ(write(file, 0, kBlock, 'a'), kBlock);
    ASSERT_EQ(file.fsync(), 0);
    ++accepted;
  }
  EXPECT_EQ(accepted, kBlocks);
  EXPECT_EQ(volume.free_blocks(), 0u);
}

}  // namespace
}  // namespace quire::tests
