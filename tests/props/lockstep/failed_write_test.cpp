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

  std::optional<Failure> play(std::vector<Command> commands) {
    Case checked;
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
Command failed_fsync(std::uint64_t after) {
  Command c = plain(Action::fsync);
  c.fault = Fault{.kind = FaultKind::write, .after = after, .error = EIO};
  return c;
}

/// The write answers EFAULT; it has zeroed the rest of the last block, which thus reaches the
/// device after all.
TEST_P(FailedWrite, ABlockArrivesOnceAWriteBehindTheEndHasZeroedItsRest) {
  const auto failure = play(
      {write_at(block - 3, 1), plain(Action::fsync), plain(Action::drop_cache),
       write_at(block - 4, 1), failed_fsync(0), unreadable_write_at(block - 1)});
  EXPECT_FALSE(failure) << failure->says << failure->actual;
}

/// An empty write zeroes nothing, and so leaves the rest of the last block as the device has it.
TEST_P(FailedWrite, AnEmptyWriteBehindTheEndLeavesTheRestOfTheLastBlock) {
  Command shrink = plain(Action::truncate);
  shrink.length = block - 2;
  Command empty = write_at(std::numeric_limits<std::int64_t>::max(), 0);
  empty.memory.clear();
  const auto failure = play(
      {write_at(block - 1, 1), plain(Action::fsync), shrink, failed_fsync(0), plain(Action::fsync),
       plain(Action::drop_cache), empty, plain(Action::fsync)});
  EXPECT_FALSE(failure) << failure->says << failure->actual;
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, FailedWrite, testing::Values(512, 1024, 4096));

}  // namespace
}  // namespace quire::props
