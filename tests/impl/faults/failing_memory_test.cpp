// Any allocation in any call may fail: the call answers -ENOMEM once, or does without; nothing that
// was accepted is lost, the books add up, and the next call works.
#include "impl/space/extent_allocator.h"
#include "spec/write/failed_call.h"
#include "tests/impl/faults/fault_world.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <boost/hana/for_each.hpp>

#include <cerrno>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

/// Sets a fault while it lives.
class WithFault {
 public:
  WithFault(std::int64_t after, bool for_good) {
    allocation_faults = {.until_failure = after, .for_good = for_good};
  }
  WithFault(const WithFault&) = delete;
  WithFault& operator=(const WithFault&) = delete;
  ~WithFault() { allocation_faults.until_failure = -1; }
};

/// Whether an error may come of the situation alone.
bool is_expected(const Situation& situation, std::int64_t answer) {
  return situation.name == "a full volume" && answer == -ENOSPC;
}

/// Checks the clauses of a call that may have failed, on file 1 as seen from outside.
void judge(const spec::FailedCall<std::uint64_t>& call) {
  boost::hana::for_each(spec::failed_call_clauses, [&](const auto& clause) {
    EXPECT_TRUE(clause.holds(call)) << clause.text.says;
  });
}

/// Makes the call with its n-th allocation failing. Returns whether it made so many.
bool fails_at(
    const Situation& situation, const Call& call, std::int64_t n, bool for_good,
    VolumeAllocator allocator) {
  World world(allocator);
  situation.set_up(world);
  world.device().stable = n % 2 == 1;
  const auto taken = [&world] { return kBlocks - world.volume().free_blocks(); };
  const auto word = [](std::int64_t answer) { return static_cast<std::uint64_t>(answer); };
  spec::FailedCall<std::uint64_t> record{};
  record.call = word(static_cast<std::int64_t>(call.kind));
  record.asked_size = call.asked_size;
  record.size_before = word(world.file(1).size());
  record.position_before = word(world.file(1).position());
  record.taken_before = taken();
  std::int64_t answer = 0;
  {
    const WithFault fault(n, for_good);
    answer = call.make(world);
  }
  const bool reached = allocation_faults.failed > 0;
  record.result = word(answer);
  record.size_after = word(world.file(1).size());
  record.position_after = word(world.file(1).position());
  record.taken_after = taken();
  if (answer >= 0) {
    call.apply(world.bytes(1), answer);
  } else {
    EXPECT_TRUE((answer == -ENOMEM && reached) || is_expected(situation, answer)) << answer;
  }
  world.check_books();
  world.check_bytes();

  const std::int64_t again = call.make(world);
  if (again >= 0) call.apply(world.bytes(1), again);
  EXPECT_TRUE(again >= 0 || is_expected(situation, again)) << "the next call works: " << again;
  record.next_result = word(again);
  judge(record);
  world.check_books();
  world.check_bytes();
  world.check_to_the_end();
  return reached;
}

/// Which allocations fail, on a volume with this allocator.
struct Memory {
  std::string name;
  bool for_good;  ///< the n-th and all behind it; else the n-th alone
  VolumeAllocator allocator;
};

std::vector<Memory> memories() {
  std::vector<Memory> all;
  for (const bool for_good : {false, true}) {
    const std::string which = for_good ? "FromTheNthOn" : "TheNth";
    all.push_back({which, for_good, VolumeAllocator::bitmap()});
    all.push_back({which + "Extent", for_good, VolumeAllocator::extent()});
    all.push_back({which + "Buddy", for_good, VolumeAllocator::buddy()});
    all.push_back({which + "OfAProgram", for_good, VolumeAllocator::of<impl::ExtentAllocator>()});
  }
  return all;
}

class FailingMemory : public testing::TestWithParam<Memory> {};
INSTANTIATE_TEST_SUITE_P(, FailingMemory, testing::ValuesIn(memories()), [](const auto& info) {
  return info.param.name;
});

TEST_P(FailingMemory, LosesNothingAndIsReportedOnce) {
  std::uint64_t allocations = 0;
  for (const Situation& situation : situations()) {
    for (const Call& call : calls()) {
      for (std::int64_t n = 0;; ++n) {
        SCOPED_TRACE(
            situation.name + ": " + call.name + ", allocation " + std::to_string(n) + " fails");
        if (!fails_at(situation, call, n, GetParam().for_good, GetParam().allocator)) break;
        ++allocations;
        if (HasFailure()) return;
      }
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(allocations, 500u) << "the calls allocate so many times at least";
}

TEST_P(FailingMemory, OpeningReturnsAnError) {
  const std::shared_ptr<BlockDevice> device = std::make_shared<FaultyDevice>(kBlock * kBlocks);
  for (std::int64_t n = 0;; ++n) {
    const WithFault fault(n, GetParam().for_good);
    const auto volume = Volume::open(device, {.allocator = GetParam().allocator});
    if (allocation_faults.failed == 0) break;
    if (!volume) {
      EXPECT_EQ(volume.error().code, ENOMEM) << volume.error().what;
    }
  }
}

TEST(Opening, TakesTheSameMemoryForADeviceOfAnySize) {
  std::string text = pattern(100 * kBlock, 'a');
  const iovec whole{text.data(), text.size()};
  for (const std::uint64_t block_size : {512u, 4096u}) {
    for (const int shift : {20, 34, 44, 54, 62}) {
      const auto device =
          std::make_shared<FaultyDevice>(kBlock * kBlocks, std::uint64_t{1} << shift);
      allocation_faults = {};
      auto volume = Volume::open(device, {.block_size = block_size});
      ASSERT_TRUE(volume) << volume.error().what;
      EXPECT_EQ(volume->free_blocks(), (std::uint64_t{1} << shift) / block_size);
      File file = volume->file(1).value();
      ASSERT_EQ(file.pwritev2(&whole, 1, 0, 0), static_cast<ssize_t>(text.size()));
      ASSERT_EQ(file.fsync(), 0);
      EXPECT_LT(allocation_faults.bytes, text.size() + 128 * 1024);
      EXPECT_TRUE(contents(file) == text);
    }
  }
}

TEST_P(FailingMemory, OpeningAPathReturnsAnError) {
  const std::string missing = "/nonexistent/folder/with/a/device", folder = "/";
  for (const std::string& path : {missing, folder}) {
    for (std::int64_t n = 0;; ++n) {
      const WithFault fault(n, GetParam().for_good);
      const auto device = open_block_device(path);
      const auto volume = Volume::open(path);
      if (allocation_faults.failed == 0) break;
      EXPECT_FALSE(device);
      EXPECT_FALSE(volume);
    }
  }
}

TEST(FailingInstallation, FaultHandlerIsInstalledForBothSignalsOrForNone) {
  struct sigaction before[2], own{};
  own.sa_handler = [](int) {};
  const int signals[] = {SIGSEGV, SIGBUS};
  for (int i = 0; i < 2; ++i) ASSERT_EQ(::sigaction(signals[i], &own, &before[i]), 0);
  std::int64_t allocations = 0;
  for (;; ++allocations) {
    allocation_faults = {.until_failure = allocations};
    const int answer = install_fault_handler();
    const bool met = allocation_faults.failed != 0;
    allocation_faults = {};
    if (!met) {
      EXPECT_EQ(answer, 0);
      break;
    }
    EXPECT_EQ(answer, -ENOMEM);
    for (const int signal : signals) {
      struct sigaction now;
      ASSERT_EQ(::sigaction(signal, nullptr, &now), 0);
      EXPECT_EQ(now.sa_handler, own.sa_handler) << "allocation " << allocations;
    }
  }
  EXPECT_GE(allocations, 2);
  // With ours on top nothing is left to do, and no memory is needed.
  allocation_faults = {.until_failure = 0};
  EXPECT_EQ(install_fault_handler(), 0);
  allocation_faults = {};
}

}  // namespace
}  // namespace quire::tests
