// A volume whose writers are throttled: how long they wait, and what is counted as dirty.
#include "ref/vfs/rw_flags.h"
#include "tests/ref/plain/volume_fixture.h"
#include "tests/ref/throttle/test_clock.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <random>

namespace quire::tests {
namespace {

/// A volume whose writers wait for a flusher that writes while they sleep.
class ThrottledVolume : public testing::Test {
 protected:
  ~ThrottledVolume() override { EXPECT_TRUE(judge.holds_nothing()); }

  Judge judge;
  TestClock clock;
  MemoryDevice device{4096 * 4096};
  std::unique_ptr<ref::Volume> volume =
      ref::Volume::make(
          device, {.block_size = 4096,
                   .recorder = &judge,
                   .throttle = ref::VolumeThrottle{1000, 1000, &clock}})
          .value();
};

// LK-6: the flusher writes while the writer it works for holds the IOLOCK.
TEST_F(ThrottledVolume, LargeWriteWaitsInItsLoop) {
  ref::File file = volume->open(1);
  EXPECT_EQ(write(file, repeated(1000 * 4096, 7), 0), 1000 * 4096);
  EXPECT_FALSE(clock.sleeps.empty());
  EXPECT_TRUE(judge.waited_for(spec::rank_of<spec::Throttle>));
  EXPECT_LE(volume->throttle()->dirty_pages(), 200u);
  EXPECT_LT(600u, device.writes) << "the flusher has written what the writer waited for";
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(volume->throttle()->dirty_pages(), 0u);
  EXPECT_EQ(read(file, 1000 * 4096, 0), repeated(1000 * 4096, 7));
}

// BDP-2: what was written before it would have to sleep is answered; else EAGAIN.
TEST_F(ThrottledVolume, WriteThatMayNotWaitDoesNotSleep) {
  ref::File file = volume->open(1);
  const Contents contents = repeated(400 * 4096, 7);
  const iovec segment{const_cast<std::byte*>(contents.data()), contents.size()};
  std::int64_t done = 0, got = 0;
  while ((got = file.pwritev2(&segment, 1, done, ref::kNowait)) > 0) done += got;
  EXPECT_EQ(got, -EAGAIN);
  EXPECT_EQ(file.size(), done);
  EXPECT_LE(volume->throttle()->dirty_pages(), 201u) << "the limit, and the page that met it";
  EXPECT_TRUE(clock.sleeps.empty());
}

TEST_F(ThrottledVolume, ErrorMetWhileAWriterSleepsWaitsForFsync) {
  ref::File file = volume->open(1), other = volume->open(2);
  for (std::uint64_t i = 1; i < 200; ++i) device.failing_writes.insert(i);
  EXPECT_EQ(write(other, repeated(10, 7), 0), 10);
  EXPECT_EQ(write(file, repeated(400 * 4096, 7), 0), 400 * 4096);
  device.failing_writes.clear();
  EXPECT_EQ(other.fsync(), -EIO) << "the flusher takes the files of all writers";
  EXPECT_EQ(file.fsync(), -EIO);
  EXPECT_EQ(file.fsync(), 0);
}

TEST_F(ThrottledVolume, CountOfDirtyPagesFollowsEveryChange) {
  std::mt19937_64 random(11);
  ref::File files[] = {volume->open(1), volume->open(2)};
  for (int step = 0; step < 1500 && !HasFailure(); ++step) {
    ref::File& file = files[random() % 2];
    switch (random() % 8) {
      case 0: file.ftruncate(static_cast<long>(random() % 300'000)); break;
      case 1: file.drop_cache(); break;
      case 2:
        if (random() % 4 == 0) device.failing_writes = {device.writes + 1};
        file.fsync();
        break;
      default:
        write(file, repeated(1 + random() % 50'000, step), static_cast<long>(random() % 300'000));
    }
  }
  for (ref::File& file : files) EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(volume->throttle()->dirty_pages(), 0u);
}

}  // namespace
}  // namespace quire::tests
