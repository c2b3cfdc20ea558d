// A case with a second thread is played alike each time, on ref and impl and on ref's model of XFS.
#include "props/judge/coverage.h"
#include "props/lockstep/lockstep.h"
#include "props/peers/arbitrary.h"
#include "props/peers/peer_comparison.h"
#include "props/peers/peers.h"
#include "spec/geometry.h"
#include "spec/locks/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace quire::props {
namespace {

constexpr std::uint64_t kPageBytes = spec::kPageSize;

Command write_at(std::int64_t at, std::size_t bytes) {
  return Command{Action::write, 0, at, {{BufferKind::plain, bytes, 0, 0}}, 0, false};
}
Command plain(Action action) { return Command{action, 0, 0, {}, 0, false}; }

Case case_of(const Command& second, const Actor& actor) {
  Case checked;
  checked.commands = {write_at(0, 2 * kPageBytes), second};
  checked.commands.back().actors = {actor};
  return checked;
}

struct InLockstep : testing::Test {
  std::unique_ptr<SubjectFactory> ref = make_ref_memory_factory(16 << 20, 512);
  std::unique_ptr<SubjectFactory> impl = make_impl_memory_factory(16 << 20, 512);
  Coverage coverage{true, true, false};
  Lockstep lockstep{{ref.get(), impl.get()}, &coverage};

  bool reached(const InputClass& wanted) {
    const auto missing = coverage.missing();
    return std::ranges::count(missing, wanted) == 0;
  }
};

TEST_F(InLockstep, AWriteOfTheSecondThreadWaitsForTheIolock) {
  EXPECT_FALSE(lockstep.run(
      case_of(write_at(4096, 4096), {YieldPoint::folio_held, 0, 0, write_at(0, 3 * kPageBytes)})));
  EXPECT_TRUE(reached(ActorClass{Action::write, YieldPoint::folio_held}));
  EXPECT_TRUE(reached(ContendedClass{spec::rank_of<spec::Iolock>}));
}

TEST_F(InLockstep, AWriteDuringWritebackIsNotLost) {
  for (std::uint64_t at = 0; at < 6; ++at) {
    EXPECT_FALSE(lockstep.run(
        case_of(plain(Action::fsync), {YieldPoint::device, at, 0, write_at(100, 5000)})));
  }
  EXPECT_TRUE(reached(ActorClass{Action::write, YieldPoint::device}));
}

/// Both orders leave zeros; only one of them leaves a block at the end.
TEST_F(InLockstep, OfTwoOrdersWithTheSameBytesTheLocksTellWhichWasPlayed) {
  Command empty = plain(Action::truncate), shrunk = plain(Action::truncate);
  shrunk.length = 3 * kPageBytes + 1;
  Case checked = case_of(write_at(4 * kPageBytes - 1, 1), {YieldPoint::other_lock, 0, 0, empty});
  checked.commands.back().actors.push_back({YieldPoint::folio_dropped, 0, 0, shrunk});
  EXPECT_FALSE(lockstep.run(checked));
}

TEST_F(InLockstep, CountsAreTheSameEachTime) {
  const Case checked =
      case_of(write_at(10, 3 * kPageBytes), {YieldPoint::other_lock, 5, 3, plain(Action::fsync)});
  EXPECT_FALSE(lockstep.run(checked));
  Coverage again(true, true, false);
  Lockstep second({ref.get(), impl.get()}, &again);
  EXPECT_FALSE(second.run(checked));
  EXPECT_EQ(coverage.counts(), again.counts());
}

TEST_F(InLockstep, ACaseOfRefAloneRunsTheCallsOneByOne) {
  Lockstep alone({ref.get()}, nullptr);
  EXPECT_FALSE(alone.run(
      case_of(write_at(4096, 4096), {YieldPoint::folio_held, 0, 0, write_at(0, kPageBytes)})));
}

TEST(InterleavedCase, IsReadAndReplayed) {
  const Case checked = case_of(write_at(0, 10), {YieldPoint::device, 3, 2, write_at(4096, 20)});
  const std::string line = to_replay(checked);
  EXPECT_EQ(to_replay(from_replay(line)), line);
  std::ostringstream text;
  showValue(checked, text);
  EXPECT_NE(
      text.str().find(
          "at device 3 a second thread that pauses at its point 2: write file 0 at 4096"),
      std::string::npos)
      << text.str();
}

TEST(InterleavedCase, RefusesAnActorAtThePosition) {
  const Case checked = case_of(write_at(0, 10), {YieldPoint::device, 0, 0, write_at(-1, 20)});
  EXPECT_THROW(from_replay(to_replay(checked)), std::invalid_argument);
}

TEST(InterleavedCase, HasNoFaults) {
  Case checked = case_of(write_at(0, 10), {YieldPoint::device, 0, 0, write_at(0, 20)});
  checked.commands.front().fault = Fault{FaultKind::write, 0, FaultReach::once, EIO};
  EXPECT_THROW(from_replay(to_replay(checked)), std::invalid_argument);
}

TEST(InterleavedCase, ClosesNoHandleThatIsInUse) {
  Case checked = case_of(write_at(0, 10), {YieldPoint::device, 0, 0, plain(Action::reopen)});
  EXPECT_THROW(from_replay(to_replay(checked)), std::invalid_argument);
  checked.commands.back().actors.front().command.handle = 1;
  EXPECT_EQ(to_replay(from_replay(to_replay(checked))), to_replay(checked));
}

TEST(InterleavedCase, AMappingThatTurnsStaleIsMadeAnew) {
  const auto ref = make_ref_files(kPeerVolumeBytes), model = make_xfs_files(kModelVolumeBytes);
  PeerComparison comparison(*ref, *model);
  EXPECT_FALSE(comparison.run(
      case_of(write_at(2 * kPageBytes, 4096), {YieldPoint::mapped, 0, 0, plain(Action::fsync)})));
  EXPECT_EQ(comparison.answers().count(kStaleMapping), 1u);
}

TEST(InterleavedCase, AFolioThatWasDroppedIsLookedUpAgain) {
  const auto ref = make_ref_files(kPeerVolumeBytes), model = make_xfs_files(kModelVolumeBytes);
  PeerComparison comparison(*ref, *model);
  Case checked =
      case_of(write_at(100, 10), {YieldPoint::folio_wanted, 0, 0, plain(Action::drop_cache)});
  checked.commands.insert(checked.commands.begin() + 1, plain(Action::fsync));
  EXPECT_FALSE(comparison.run(checked));
  EXPECT_EQ(
      comparison.answers().count(actor_class(Action::drop_cache, YieldPoint::folio_wanted)), 1u);
}

/// The bytes of a mapping that was taken for delayed lie on the device by the time of the lock.
TEST(InterleavedCase, AFolioIsNotZeroedUnderAStaleMapping) {
  const auto ref = make_ref_files(kPeerVolumeBytes), model = make_xfs_files(kModelVolumeBytes);
  for (const YieldPoint point : {YieldPoint::mapped, YieldPoint::folio_wanted}) {
    PeerComparison comparison(*ref, *model);
    Case checked = case_of(write_at(100, 10), {point, 0, 0, plain(Action::fsync)});
    checked.setting.each_byte = true;
    checked.commands.back().actors.push_back(
        {YieldPoint::folio_wanted, 0, 0, plain(Action::drop_cache)});
    EXPECT_FALSE(comparison.run(checked));
    EXPECT_EQ(comparison.answers().count(kStaleMapping), 1u);
  }
}

TEST(InterleavedCase, OtherFilesHaveNoSecondThread) {
  const auto ref = make_ref_files(kPeerVolumeBytes), model = make_ref_files(kPeerVolumeBytes);
  PeerComparison comparison(*ref, *model);
  EXPECT_THROW(
      static_cast<void>(comparison.run(
          case_of(write_at(0, 10), {YieldPoint::mapped, 0, 0, plain(Action::fsync)}))),
      std::invalid_argument);
}

}  // namespace
}  // namespace quire::props
