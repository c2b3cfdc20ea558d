// Devices fail as their fault says, where it says, and tell what they answered.
#include "props/device/failing_device.h"

#include "props/device/memory_device.h"
#include "props/memory/poison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace quire::props {
namespace {

constexpr std::uint64_t kSector = 512;

class Failing : public testing::Test {
 protected:
  /// Writes one run of each length, in sectors, one behind the other. Returns their results.
  std::vector<int> write(const std::vector<std::uint64_t>& sectors) {
    std::vector<iovec> segments;
    std::vector<DeviceRun> runs;
    segments.reserve(sectors.size());
    std::uint64_t pos = 0;
    for (const std::uint64_t n : sectors) {
      segments.push_back({memory_.data(), n * kSector});
      runs.push_back({pos, {&segments.back(), 1}});
      pos += n * kSector;
    }
    std::vector<int> results(runs.size(), 1);
    device.write(runs, results);
    return results;
  }
  int read(std::uint64_t sectors) {
    const iovec to{memory_.data(), sectors * kSector};
    const DeviceRun run{0, {&to, 1}};
    return device.read({&run, 1});
  }
  std::byte first_byte(std::uint64_t pos) {
    std::array<std::byte, kSector> sector{};
    EXPECT_EQ(inner.read_at(pos, sector), 0);
    return sector[0];
  }
  /// How many sectors of the device begin with what write() writes.
  std::uint64_t arrived() {
    std::uint64_t n = 0;
    for (std::uint64_t pos = 0; pos < inner.size(); pos += kSector)
      n += first_byte(pos) == std::byte{7} ? 1 : 0;
    return n;
  }

  MemoryDevice inner{64 * kSector, kSector};
  FaultInjector faults{kSector};
  FailingDevice device{inner, 32 * kSector, faults};

 private:
  struct alignas(4096) Memory : std::array<std::byte, 16 * kSector> {
    Memory() { fill(std::byte{7}); }
  } memory_;
};

TEST_F(Failing, HasTheSizeThatItIsCutTo) { EXPECT_EQ(device.size(), 32 * kSector); }

TEST_F(Failing, OneRunFailsAndTheOthersArrive) {
  faults.begin(Fault{FaultKind::write, 1, FaultReach::once, EIO});
  EXPECT_EQ(write({1, 1, 1}), (std::vector{0, -EIO, 0}));
  EXPECT_EQ(write({1, 1, 1}), (std::vector{0, 0, 0}));
  EXPECT_EQ(faults.struck(), 1u);
  ASSERT_EQ(faults.events().size(), 6u);
  EXPECT_EQ(faults.events()[1].error, -EIO);
  EXPECT_EQ(faults.events()[1].pos, kSector);
}

TEST_F(Failing, RunThatFailsHasWrittenItsFirstSectorAlone) {
  faults.begin(Fault{FaultKind::write, 0, FaultReach::all, ENOSPC});
  EXPECT_EQ(write({4, 1}), (std::vector{-ENOSPC, -ENOSPC}));
  EXPECT_EQ(arrived(), 1u);
}

TEST_F(Failing, APlaceFailsEachRunThatTouchesIt) {
  faults.begin(Fault{FaultKind::write, 0, FaultReach::place, EIO});
  EXPECT_EQ(write({4}), (std::vector{-EIO})) << "its third sector is bad";
  EXPECT_EQ(write({1, 1, 1, 1}), (std::vector{0, 0, -EIO, 0}));
  EXPECT_EQ(faults.struck(), 2u);
}

TEST_F(Failing, ReadThatFailsLeavesPoison) {
  EXPECT_EQ(write({4}), (std::vector{0}));
  faults.begin(Fault{FaultKind::read, 0, FaultReach::once, EIO});
  EXPECT_EQ(read(4), -EIO);
  EXPECT_EQ(write({4}), (std::vector{0}));
  EXPECT_EQ(first_byte(0), kPoison) << "what was read was poison";
}

TEST_F(Failing, NothingFailsAfterTheCommand) {
  faults.begin(Fault{FaultKind::flush, 0, FaultReach::all, EIO});
  EXPECT_EQ(device.flush(), -EIO);
  EXPECT_EQ(device.flush(), -EIO);
  faults.end();
  EXPECT_EQ(device.flush(), 0);
  EXPECT_EQ(faults.events().size(), 2u) << "what comes after it is not kept";
  faults.begin(std::nullopt);
  EXPECT_TRUE(faults.events().empty());
  EXPECT_EQ(faults.struck(), 0u);
}

TEST_F(Failing, MemoryIsRefusedFromTheNthOn) {
  faults.begin(Fault{FaultKind::memory, 2, FaultReach::all, ENOMEM});
  EXPECT_FALSE(faults.refuses_memory());
  EXPECT_FALSE(faults.refuses_memory());
  EXPECT_TRUE(faults.refuses_memory());
  EXPECT_TRUE(faults.refuses_memory());
}

/// A device of ref's on a MemoryDevice.
class Plain final : public ref::Device {
 public:
  explicit Plain(MemoryDevice& device) : device_(device) {}
  std::uint64_t size() const override { return device_.size(); }
  std::uint64_t sector_size() const override { return kSector; }
  int read(std::uint64_t pos, std::span<std::byte> to) override { return device_.read_at(pos, to); }
  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    return device_.write_at(pos, from);
  }
  int flush() override { return device_.flush(); }

 private:
  MemoryDevice& device_;
};

TEST(FailingRefDevice, DamagesOnlyWhatItsReaderNotices) {
  MemoryDevice inner(8 * kSector, kSector);
  Plain plain(inner);
  FaultInjector faults(kSector);
  FailingRefDevice device(plain, faults);
  std::array<std::byte, kSector> bytes;
  bytes.fill(std::byte{7});
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_EQ(device.write(i * kSector, bytes), 0);
  faults.notices_damage([](std::uint64_t pos) { return pos % (2 * kSector) == 0; });
  faults.begin(Fault{FaultKind::damage, 1, FaultReach::once, EIO});
  std::vector<int> damaged;
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(device.read(i * kSector, bytes), 0) << "the device says nothing";
    if (bytes.back() == kPoison) damaged.push_back(static_cast<int>(i));
    EXPECT_EQ(faults.events().back().error, bytes.back() == kPoison ? -EIO : 0);
  }
  EXPECT_EQ(damaged, std::vector<int>{2}) << "the second of those that are noticed";
  EXPECT_EQ(bytes.front(), std::byte{7});
  EXPECT_EQ(faults.struck(), 1u);
}

}  // namespace
}  // namespace quire::props
