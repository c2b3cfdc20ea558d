// Cases whose writes to the device fail: what the judge of lockstep then knows, and what it leaves
// open.
#include "props/lockstep/lockstep.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

struct FailedWrite : testing::TestWithParam<std::uint64_t> {
  std::uint64_t block = GetParam();
  std::unique_ptr<SubjectFactory> ref = make_ref_memory_factory(16 << 20, block);
  std::unique_ptr<SubjectFactory> impl = make_impl_memory_factory(16 << 20, block);
  Lockstep lockstep{{ref.get(), impl.get()}, nullptr};

  std::optional<Failure> play(std::vector<Command> commands, Setting setting = {}) {
    Case checked;
    checked.setting = setting;
    checked.setting.block_size = block;
    checked.commands = std::move(commands);
    return lockstep.run(checked);
  }
};

Command write_at(std::uint64_t at, std::size_t bytes) {
  return {Action::write, 0, static_cast<std::int64_t>(at), {{BufferKind::plain, bytes, 0, 0}}, 0,
          false};
}
Command unreadable_write_at(std::uint64_t at) {
  return {Action::write,
          0,
          static_cast<std::int64_t>(at),
          {{BufferKind::ends_in_prot_none, 1, 0, 0}},
          0,
          false};
}
Command plain(Action action) { return {action, 0, 0, {}, 0, false}; }
/// A write to the device fails, or all of them.
Command failing(Command c, FaultReach reach = FaultReach::once) {
  c.fault = Fault{.kind = FaultKind::write, .reach = reach, .error = EIO};
  return c;
}
Command failed_fsync(FaultReach reach = FaultReach::once) {
  return failing(plain(Action::fsync), reach);
}

/// The write answers EFAULT; it has zeroed the rest of the last block, which thus reaches the
/// device after all.
TEST_P(FailedWrite, ABlockArrivesOnceAWriteBehindTheEndHasZeroedItsRest) {
  const auto failure = play(
      {write_at(block - 3, 1), plain(Action::fsync), plain(Action::drop_cache),
       write_at(block - 4, 1), failed_fsync(), unreadable_write_at(block - 1)});
  EXPECT_FALSE(failure) << failure->says << failure->actual;
}

/// An empty write zeroes nothing, and so leaves the rest of the last block as the device has it.
TEST_P(FailedWrite, AnEmptyWriteBehindTheEndLeavesTheRestOfTheLastBlock) {
  Command shrink = plain(Action::truncate);
  shrink.length = block - 2;
  Command empty = write_at(std::numeric_limits<std::int64_t>::max(), 0);
  empty.memory.clear();
  const auto failure = play(
      {write_at(block - 1, 1), plain(Action::fsync), shrink, failed_fsync(), plain(Action::fsync),
       plain(Action::drop_cache), empty, plain(Action::fsync)});
  EXPECT_FALSE(failure) << failure->says << failure->actual;
}

/// The rest that the write zeroes makes a block dirty that had been lost, and the write's own
/// writeback loses it again: it is not newly allocated.
TEST_P(FailedWrite, ABlockStaysMappedIfAWriteBehindTheEndLosesItAgain) {
  const auto failure = play(
      {write_at(block - 3, 1), plain(Action::fsync), write_at(block - 4, 1),
       failed_fsync(FaultReach::all), failing(write_at(4096, 1), FaultReach::all)},
      {.folio_max = 4096, .dirty_max = 1});
  EXPECT_FALSE(failure) << failure->says << failure->actual;
}

/// After a writer's writeback has failed it is not known which block is lost and which is dirty,
/// and holds a reservation: until the next fsync, free blocks are not compared.
TEST_P(FailedWrite, WhatMayBeDirtyStillMayHoldSpace) {
  Command other = write_at(4096, 4096), sync_other = plain(Action::fsync);
  other.file = sync_other.file = 1;
  Command no_memory = failed_fsync(FaultReach::all);
  no_memory.fault->error = ENOMEM;
  const auto failure = play(
      {write_at(512, 4096), other, failing(write_at(4096, 1), FaultReach::all), no_memory,
       sync_other},
      {.folio_max = 4096, .dirty_max = 8192});
  EXPECT_FALSE(failure) << failure->says << failure->actual;
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, FailedWrite, testing::Values(512, 1024, 4096));

}  // namespace
}  // namespace quire::props
