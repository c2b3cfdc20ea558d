// A device that throws, answers out of contract, or fails single runs: no exception leaves
// libquire, no lock stays held, nothing is lost but where a write fails for good, and garbage is
// never shown.
#include "spec/linux/failed_writeback.h"
#include "tests/impl/faults/fault_world.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <cerrno>
#include <map>
#include <new>
#include <random>
#include <stdexcept>

namespace quire::tests {
namespace {

/// How an operation of the device goes wrong.
struct Breakage {
  std::string name;
  std::function<int()> answer;  ///< may throw instead
  int error;                    ///< which libquire makes of it
};

std::vector<Breakage> breakages() {
  return {
      {"std::bad_alloc", []() -> int { throw std::bad_alloc(); }, -ENOMEM},
      {"std::runtime_error", []() -> int { throw std::runtime_error("broken"); }, -EIO},
      {"an int is thrown", []() -> int { throw 7; }, -EIO},
      {"5", [] { return 5; }, -EIO},
      {"-99999", [] { return -99999; }, -EIO},
      {"-EIO", [] { return -EIO; }, -EIO},
      {"-ENOSPC", [] { return -ENOSPC; }, -ENOSPC},
      {"-ENOMEM", [] { return -ENOMEM; }, -ENOMEM},
  };
}

/// Makes the call while the device's n-th operation fails, or all from it on. Returns whether
/// there were so many.
bool goes_wrong_at(
    const Situation& situation, const Call& call, const Breakage& breakage, std::int64_t n,
    bool for_good) {
  World world;
  situation.set_up(world);
  FaultyDevice& device = world.device();
  bool reached = false, write_failed = false;
  device.fault = [&](DeviceOp op) -> std::optional<int> {
    if (n-- > 0) return std::nullopt;
    if (reached && !for_good) return std::nullopt;
    reached = true;
    write_failed = write_failed || op == DeviceOp::write;
    return breakage.answer();
  };
  const std::int64_t answer = call.make(world);
  device.fault = nullptr;
  if (answer >= 0) {
    call.apply(world.bytes(1), answer);
  } else {
    const bool full = situation.name == "a full volume" && answer == -ENOSPC;
    EXPECT_TRUE((reached && answer == breakage.error) || full) << answer;
  }
  // A run that fails is tried once more, so that one failure alone costs nothing.
  if (reached && !for_good && write_failed) {
    EXPECT_EQ(answer, 0);
  }
  world.check_books();
  world.check_bytes();

  EXPECT_EQ(world.file(1).fsync(), 0) << "reported once";
  if (write_failed && for_good && breakage.error != -ENOMEM) {
    EXPECT_EQ(world.file(1).drop_cache(), 0);
    EXPECT_EQ(contents(world.file(1)).find('\xDB'), std::string::npos) << "garbage";
    world.check_books();
    EXPECT_EQ(world.file(1).ftruncate(0), 0);
    world.bytes(1).clear();
  }
  world.check_to_the_end();
  return reached;
}

class FailingDevice : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, FailingDevice, testing::Bool(), [](const auto& info) {
  return info.param ? "FromTheNthOn" : "TheNth";
});

TEST_P(FailingDevice, LeavesNoLockHeldAndShowsNoGarbage) {
  std::uint64_t operations = 0;
  for (const Breakage& breakage : breakages()) {
    for (const Situation& situation : situations()) {
      for (const Call& call : calls()) {
        for (std::int64_t n = 0;; ++n) {
          SCOPED_TRACE(
              situation.name + ": " + call.name + ", operation " + std::to_string(n) +
              " of the device: " + breakage.name);
          if (!goes_wrong_at(situation, call, breakage, n, GetParam())) break;
          ++operations;
          if (HasFailure()) return;
        }
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_GT(operations, 200u) << "the calls use the device so many times at least";
}

/// `pages` pages of which no two are neighbours.
void write_scattered(World& world, std::uint64_t number, std::uint64_t pages) {
  for (std::uint64_t i = 0; i < pages; ++i) world.write(number, 2 * i * kBlock, kBlock, 'a');
}

TEST(FailingRuns, LoseTheirOwnBlocksAlone) {
  for (const bool mapped : {false, true}) {
    World world;
    write_scattered(world, 1, 40);
    if (mapped) {
      world.fsync(1);
      for (std::uint64_t i = 0; i < 40; ++i) world.write(1, 2 * i * kBlock + 9, 100, 'b');
    }
    // Every run that begins at a block that can be divided by 3 fails, alone or among others.
    const auto is_bad = [](std::uint64_t block) { return block % 3 == 0; };
    std::map<std::uint64_t, spec::RunOutcome<std::uint64_t>> outcomes;  // by device block
    world.device().run_fault = [&](const DeviceRun& run) {
      std::uint64_t bytes = 0;
      for (const iovec& segment : run.segments) bytes += segment.iov_len;
      int result = 0;
      for (std::uint64_t at = run.device_pos; at < run.device_pos + bytes; at += kBlock) {
        if (is_bad(at / kBlock)) result = -EIO;
      }
      for (std::uint64_t at = run.device_pos; at < run.device_pos + bytes; at += kBlock) {
        auto& outcome = outcomes[at / kBlock];
        outcome.result = static_cast<std::uint64_t>(std::int64_t{result});
        if (++outcome.tries == 1) outcome.first_result = outcome.result;
      }
      return result;
    };
    EXPECT_EQ(world.file(1).fsync(), -EIO);
    world.device().run_fault = nullptr;
    EXPECT_EQ(world.file(1).fsync(), 0);
    world.check_books();
    world.check_bytes();
    EXPECT_EQ(world.file(1).drop_cache(), 0);
    const std::string after = contents(world.file(1));
    EXPECT_EQ(after.find('\xDB'), std::string::npos);
    // Each page was its own run in the last try: the clauses judge each block by itself.
    for (auto& [block, outcome] : outcomes) {
      outcome.blocks = 1;
      outcome.newly_allocated = mapped ? 0 : 1;
      for (std::uint64_t i = 0; i < 40; ++i)
        outcome.readable += world.file(1).device_block_of(2 * i) == block;
      outcome.arrived = outcome.result == 0 ? 1 : 0;
      outcome.failed = 1 - outcome.arrived;
      boost::hana::for_each(spec::run_clauses, [&](const auto& clause) {
        EXPECT_TRUE(clause.holds(outcome)) << clause.text.says << " block " << block;
      });
    }
    std::uint64_t arrived = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
      const std::uint64_t pos = 2 * i * kBlock;
      const bool is_new = after.compare(pos, kBlock, world.bytes(1), pos, kBlock) == 0;
      const auto mapped = world.file(1).device_block_of(2 * i);
      EXPECT_EQ(is_new, mapped && !is_bad(*mapped)) << "page " << i;
      arrived += is_new ? 1 : 0;
    }
    EXPECT_GT(arrived, 20u);
    EXPECT_LT(arrived, 40u);
  }
}

TEST(FailingRuns, AreWrittenTwiceToADeadDeviceAndNotMore) {
  World world;
  world.write(2, 0, 1, 'n');
  write_scattered(world, 1, 100);
  world.fsync(1);
  write_scattered(world, 1, 100);
  const std::uint64_t calls = world.device().write_calls, runs = world.device().runs_written;
  world.device().run_fault = [](const DeviceRun&) { return -EIO; };
  EXPECT_EQ(world.file(1).fsync(), -EIO);
  EXPECT_LE(world.device().write_calls - calls, 2u);
  EXPECT_LE(world.device().runs_written - runs, 200u);
}

TEST(FailingRuns, BlocksWrittenDuringAFailingPassShowNoGarbageLater) {
  World world;
  world.write(1, 0, 4 * kBlock, 'a');
  bool rewritten = false;
  world.device().run_fault = [&](const DeviceRun&) {
    // The program writes to the file while the device works.
    if (!rewritten) world.write(1, kBlock, kBlock, 'b');
    rewritten = true;
    return -EIO;
  };
  EXPECT_EQ(world.file(1).fsync(), -EIO);
  world.check_books();
  EXPECT_EQ(world.file(1).fsync(), -EIO) << "the block that was dirty again fails too";
  world.device().run_fault = nullptr;
  world.check_books();
  EXPECT_EQ(world.volume().free_blocks(), kBlocks);
  EXPECT_EQ(world.file(1).drop_cache(), 0);
  EXPECT_EQ(contents(world.file(1)), std::string(4 * kBlock, '\0'));
}

TEST(FailingRuns, BytesThatATruncateCutOffDoNotReturnWhereTheirZeroesAreLost) {
  for (const bool by_write : {false, true}) {
    World world;
    world.write(1, 0, kBlock, 'a');
    world.fsync(1);
    world.truncate(1, 100);
    world.device().run_fault = [](const DeviceRun&) { return -EIO; };
    EXPECT_EQ(world.file(1).fsync(), -EIO);
    world.device().run_fault = nullptr;
    EXPECT_EQ(world.file(1).drop_cache(), 0);
    if (by_write) {
      world.write(1, 3 * kBlock, 10, 'b');
    } else {
      world.truncate(1, kBlock);
    }
    world.check_bytes();
    world.check_to_the_end();
  }
}

TEST(FailingRuns, BytesThatATruncateCutOffDoNotReturnWhereAWriterMeetsTheLostZeroes) {
  World world;
  world.write(1, 0, 700, 'a');
  world.fsync(1);
  world.truncate(1, 100);
  world.device().run_fault = [&](const DeviceRun&) {
    world.write(1, 10 * kBlock, 100, 'b');  // which makes the bytes behind 100 the file's
    return -EIO;
  };
  EXPECT_EQ(world.file(1).fsync(), -EIO);
  world.device().run_fault = nullptr;
  world.fsync(1);
  world.drop_cache(1);
  const std::string found = contents(world.file(1));
  EXPECT_EQ(found.substr(100, 600), std::string(600, '\0'));
}

TEST(FailingFlush, IsReportedOnceByEachHandleOfAFileWithUnflushedData) {
  World world;
  Volume& volume = world.volume();
  File other = volume.file(2).value(), stranger = volume.file(3).value();
  world.write(2, 0, kBlock, 'n');
  world.fsync(2);
  world.write(2, 0, kBlock, 'o');
  world.device().fault = [](DeviceOp op) {
    return op == DeviceOp::flush ? std::optional(-EIO) : std::nullopt;
  };
  EXPECT_EQ(other.fsync(), -EIO) << "its data reached the cache of the device, and no further";
  world.device().fault = nullptr;
  EXPECT_EQ(world.file(2).fsync(), -EIO) << "the other handle of the file";
  EXPECT_EQ(other.fsync(), 0);
  EXPECT_EQ(world.file(2).fsync(), 0);

  // Data that a throttled writer or another file's handle has sent to the device counts as well.
  world.write(1, 0, kBlock, 'a');
  world.fsync(1);
  world.write(2, 0, kBlock, 'p');
  world.device().fault = [](DeviceOp op) {
    return op == DeviceOp::flush ? std::optional(-ENOSPC) : std::nullopt;
  };
  EXPECT_EQ(world.file(2).fsync(), -ENOSPC);
  EXPECT_EQ(world.file(1).fsync(), 0) << "its data was flushed before: it needs no flush";
  world.device().fault = nullptr;
  EXPECT_EQ(stranger.fsync(), 0);
  EXPECT_EQ(other.fsync(), -ENOSPC);
  EXPECT_EQ(other.fsync(), 0);
}

TEST(FailingFlush, IsReportedForTheOtherFilesOfTheDeviceCache) {
  auto device = std::make_shared<FaultyDevice>(kBlock * kBlocks);
  auto volume = Volume::open(device, {.dirty_max = kBlock}).value();
  File a = volume.file(1).value(), b = volume.file(2).value();
  const std::string page = pattern(kBlock, 'a');
  const iovec whole{const_cast<char*>(page.data()), page.size()};
  // Three pages of a: the throttled writer sends them to the device, and nothing flushes them.
  for (off_t i = 0; i < 3; ++i) ASSERT_EQ(a.pwritev2(&whole, 1, i * 4096, 0), 4096);
  ASSERT_EQ(b.pwritev2(&whole, 1, 0, 0), 4096);
  ASSERT_TRUE(a.device_block_of(0).has_value());
  device->fault = [](DeviceOp op) {
    return op == DeviceOp::flush ? std::optional(-EIO) : std::nullopt;
  };
  EXPECT_EQ(b.fsync(), -EIO);
  device->fault = nullptr;
  EXPECT_EQ(a.fsync(), -EIO) << "its data was in the cache that was lost";
  EXPECT_EQ(a.fsync(), 0);
  EXPECT_EQ(b.fsync(), 0);
}

TEST(FailingFlush, EachHandleReportsEachErrorOnceInAnyHistory) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    World world;
    spec::FlushDelivery delivery;
    constexpr std::uint64_t kFiles = 3, kHandles = 3;
    std::map<std::pair<std::uint64_t, std::uint64_t>, File> handles;
    std::map<std::uint64_t, bool> dirty;
    const auto open = [&](std::uint64_t file, std::uint64_t handle) {
      handles.insert_or_assign({file, handle}, world.volume().file(file).value());
      delivery.opened(file, handle);
    };
    for (std::uint64_t f = 0; f < kFiles; ++f) {
      for (std::uint64_t h = 0; h < kHandles; ++h) open(f, h);
    }
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t f = below(kFiles), h = below(kHandles);
      File& file = handles.at({f, h});
      if (below(3) == 0) {
        const std::string page = pattern(kBlock, 'a');
        const iovec whole{const_cast<char*>(page.data()), page.size()};
        EXPECT_EQ(file.pwritev2(&whole, 1, 0, 0), static_cast<ssize_t>(kBlock));
        dirty[f] = true;
      } else if (below(8) == 0) {
        delivery.closed(f, h);
        open(f, h);
      } else {
        const int write_error = below(5) == 0 ? -EIO : 0, flush_error = below(3) == 0 ? -ENOSPC : 0;
        bool flushed = false;
        world.device().run_fault = [&](const DeviceRun&) { return write_error; };
        world.device().fault = [&](DeviceOp op) -> std::optional<int> {
          flushed = flushed || op == DeviceOp::flush;
          return op == DeviceOp::flush ? std::optional(flush_error) : std::nullopt;
        };
        const int answer = file.fsync();
        const auto word = [](int error) { return static_cast<std::uint64_t>(std::int64_t{error}); };
        if (dirty[f] && write_error != 0) delivery.write_failed(f, word(write_error));
        if (dirty[f] && write_error == 0) delivery.arrived(f);
        dirty[f] = false;
        if (flushed) delivery.flushed(word(flush_error));
        const auto answered = delivery.fsync_answered(f, h, word(answer));
        boost::hana::for_each(spec::handle_clauses, [&](const auto& clause) {
          EXPECT_TRUE(clause.holds(answered)) << clause.text.says;
        });
      }
    }
  }
}

TEST(StableWrites, AreWrittenFromMemoryThatNothingChanges) {
  for (const bool stable : {false, true}) {
    auto device = std::make_shared<FaultyDevice>(kBlock * kBlocks);
    device->stable = stable;
    auto volume = Volume::open(device).value();
    File file = volume.file(1).value();
    std::string text = pattern(700 * 1024, 'a');
    const iovec whole{text.data(), text.size()};
    ASSERT_EQ(file.pwritev2(&whole, 1, 0, 0), static_cast<ssize_t>(text.size()));
    std::uint64_t changed = 0;
    device->run_fault = [&](const DeviceRun& run) {
      const iovec& segment = run.segments.front();
      const std::string before(static_cast<char*>(segment.iov_base), segment.iov_len);
      const std::string other(text.size(), 'z');
      const iovec over{const_cast<char*>(other.data()), other.size()};
      EXPECT_EQ(file.pwritev2(&over, 1, 0, 0), static_cast<ssize_t>(other.size()));
      changed += std::string(static_cast<char*>(segment.iov_base), segment.iov_len) != before;
      return 0;
    };
    EXPECT_EQ(file.fsync(), 0);
    device->run_fault = nullptr;
    EXPECT_EQ(changed == 0, stable);
    EXPECT_EQ(file.fsync(), 0) << "the later bytes are dirty, and written";
    EXPECT_EQ(file.drop_cache(), 0);
    EXPECT_TRUE(contents(file) == std::string(text.size(), 'z'));
  }
}

}  // namespace
}  // namespace quire::tests
