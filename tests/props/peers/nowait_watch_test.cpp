// A call that must not wait and does is found by what it leaves at the device, in the lock room and
// in the file.
#include "props/peers/nowait_watch.h"

#include "props/peers/peer_comparison.h"
#include "ref/vfs/rw_flags.h"
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

constexpr std::uint64_t kBytes = 8 << 20;

Command write_at(std::int64_t at, std::uint64_t n, int flags = 0, HeldLock held = HeldLock::none) {
  Command c = command(Action::write);
  c.at = at;
  c.flags = flags;
  c.held = held;
  c.memory = {{BufferKind::plain, n, 0, 0}};
  return c;
}

Command nowait(std::int64_t at, std::uint64_t n, HeldLock held = HeldLock::none) {
  return write_at(at, n, ref::kNowait, held);
}

/// Waits, whatever it is asked.
class Waits final : public HonestFiles {
 public:
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return truth().write(h, iov, at, flags & ~ref::kNowait);
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return truth().read(h, iov, at, flags & ~ref::kNowait);
  }
};

/// Answers EAGAIN to a call that has moved bytes (Linux 6.0 to 6.14).
class ForgetsProgress final : public HonestFiles {
 public:
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t done = truth().write(h, iov, at, flags);
    return (flags & ref::kNowait) != 0 && done > 0 ? -EAGAIN : done;
  }
};

/// ref's model of XFS, which lies.
template <class Lying>
class LyingXfs final : public FilesFactory {
 public:
  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    return std::make_unique<Lying>(truth_->make(setting, recorder), "ref-xfs");
  }

 private:
  std::unique_ptr<FilesFactory> truth_ = make_xfs_files(kBytes);
};

template <class Lying>
std::optional<Failure> found_nowait(
    std::vector<Command> commands, Setting setting = {}, bool each_byte = true) {
  const auto ref = make_ref_files(kBytes);
  LyingXfs<Lying> lying;
  setting.each_byte = each_byte;
  return PeerComparison(*ref, lying).run({setting, std::move(commands)});
}

TEST(NowaitWatch, SeesReadsOfTheDevice) {
  const std::vector<Command> before{
      write_at(0, 8192), command(Action::fsync), command(Action::drop_cache)};
  for (const Action action : {Action::write, Action::read}) {
    std::vector<Command> commands = before;
    commands.push_back(nowait(5, 10));
    commands.back().action = action;
    // No byte is read in between, or the file would be cached again.
    EXPECT_FALSE(found_nowait<HonestFiles>(commands, {}, false));
    const auto failure = found_nowait<Waits>(commands, {}, false);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->source, "IOM-6");
    EXPECT_EQ(failure->command, 3u);
  }
}

TEST(NowaitWatch, SeesALockThatAnotherHolds) {
  for (const HeldLock held : {HeldLock::iolock, HeldLock::ilock, HeldLock::folio}) {
    const std::vector<Command> commands{write_at(0, 4096), nowait(0, 100, held), write_at(0, 4096)};
    EXPECT_FALSE(found_nowait<HonestFiles>(commands));
    const auto failure = found_nowait<Waits>(commands);
    ASSERT_TRUE(failure) << static_cast<int>(held);
    EXPECT_EQ(failure->source, "IOM-6, LK-1");
    EXPECT_EQ(failure->command, 1u);
  }
}

TEST(NowaitWatch, SeesASleepForWriteback) {
  Setting setting;
  setting.throttle = 20;
  const std::vector<Command> commands{write_at(0, 65536), nowait(0, 100)};
  EXPECT_FALSE(found_nowait<HonestFiles>(commands, setting));
  const auto failure = found_nowait<Waits>(commands, setting);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->source, "IOM-6, BDP-2");
}

TEST(NowaitWatch, SeesWhatAnAnswerOfEagainHides) {
  EXPECT_FALSE(found_nowait<HonestFiles>({write_at(0, 4096), nowait(4096, 100)}));
  const auto grown = found_nowait<ForgetsProgress>({write_at(0, 4096), nowait(4096, 100)});
  ASSERT_TRUE(grown);
  EXPECT_EQ(grown->source, "IOM-7, O9");
  const auto bytes = found_nowait<ForgetsProgress>({write_at(0, 4096), nowait(100, 100)});
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->source, "O2, WB-2, WB-3");
}

TEST(NowaitWatch, SeesAChangeOfTheTimes) {
  const auto factory = make_xfs_files(kBytes);
  spec::LockGraph waits;
  Judge judge("ref-xfs", nullptr, &waits);
  const auto files = factory->make({}, judge);
  std::vector<std::byte> bytes(100, std::byte{1});
  const iovec all{bytes.data(), bytes.size()};
  const auto write_it = [&] { files->write({0, 0}, {&all, 1}, 0, 0); };
  write_it();
  files->pass_time(1);
  NowaitWatch watch(*files, judge, nowait(0, 100), 0);
  EXPECT_FALSE(watch.judge_call(-EAGAIN));
  write_it();
  EXPECT_EQ(watch.judge_call(-EAGAIN)->source, "CHK-5, O9");
  EXPECT_FALSE(watch.judge_call(100)) << "a write that was done sets the times";
}

TEST(RefModelOfXfs, AnswersTheSameWhicheverKindOfQuotaAnOwnerHas) {
  const auto turned = make_turned_xfs_files(kBytes), model = make_xfs_files(kBytes);
  for (const std::array<std::uint64_t, 3>& quota :
       {std::array<std::uint64_t, 3>{2, 0, 0}, {0, 2, 0}, {0, 0, 2}, {3, 2, 0}}) {
    Setting setting;
    setting.quota = quota;
    setting.quota_apart = 4;
    PeerComparison comparison(*turned, *model);
    const auto failure = comparison.run({setting, {write_at(0, 8192), write_at(8192, 4096)}});
    EXPECT_FALSE(failure) << failure->says << " " << failure->actual;
    EXPECT_TRUE(comparison.answers().contains("write: EDQUOT"));
  }
}

/// The limits of one kind are a block lower.
class UnequalKinds final : public FilesFactory {
 public:
  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    Setting unequal = setting;
    if (unequal.quota[1] != 0) --unequal.quota[1];
    return truth_->make(unequal, recorder);
  }

 private:
  std::unique_ptr<FilesFactory> truth_ = make_xfs_files(kBytes);
};

TEST(RefModelOfXfs, AKindOfQuotaThatIsTreatedOtherwiseIsFound) {
  const auto turned = make_turned_xfs_files(kBytes);
  UnequalKinds unequal;
  Setting setting;
  setting.quota = {0, 2, 0};
  EXPECT_TRUE(PeerComparison(*turned, unequal).run({setting, {write_at(0, 8192)}}));
}

TEST(Judge, SeesAThrottledWriterThatLeavesMoreDirty) {
  const auto count = [](std::uint64_t pages) {
    return spec::Step(spec::DirtyCount<std::uint64_t>{pages, pages});
  };
  Judge judge("ref", nullptr, nullptr);
  judge.bound_dirty(4, 17);
  judge.write_begins(1);
  judge.step(count(3));
  judge.step(count(21));
  EXPECT_FALSE(judge.failure());
  judge.write_begins(1);
  judge.step(count(40));  // none of its doing
  judge.step(count(57));
  EXPECT_FALSE(judge.failure());
  judge.step(count(58));
  ASSERT_TRUE(judge.failure());
  EXPECT_EQ(judge.failure()->source, "BDP-1, BDP-6");
}

}  // namespace
}  // namespace quire::props
