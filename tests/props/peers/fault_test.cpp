// A peer that fails while a command runs: what the faults of a case may leave is allowed, and a lie
// about it is found.
#include "props/peers/fault_account.h"
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::props {
namespace {

Command failing(Command c, FaultKind kind, int error = EIO, FaultReach reach = FaultReach::all) {
  c.fault = Fault{kind, 0, reach, kind == FaultKind::memory ? ENOMEM : error};
  return c;
}
Command by(std::uint64_t handle, Command c) {
  c.handle = handle;
  return c;
}
const Command kFsync = command(Action::fsync);
const Command kSyncfs = command(Action::syncfs);
const Command kDrop = command(Action::drop_cache);
const Command kLost = failing(kFsync, FaultKind::write);

/// Ref's model of XFS or F2FS, whose files lie.
template <class Lying>
class LyingModel final : public FilesFactory {
 public:
  explicit LyingModel(std::unique_ptr<FilesFactory> truth) : truth_(std::move(truth)) {}
  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    auto files = truth_->make(setting, recorder);
    const std::string name = files->name();
    return std::make_unique<Lying>(std::move(files), name);
  }

 private:
  std::unique_ptr<FilesFactory> truth_;
};

/// The number of the command that fails.
template <class Lying>
int found_in_model(std::unique_ptr<FilesFactory> truth, std::vector<Command> commands) {
  const auto honest = make_ref_files(8 << 20);
  LyingModel<Lying> lying(std::move(truth));
  const auto failure = PeerComparison(*honest, lying).run({{}, std::move(commands)});
  return failure ? static_cast<int>(failure->command) : kNothing;
}

template <class Lying>
int found_in_xfs(std::vector<Command> commands) {
  return found_in_model<Lying>(make_xfs_files(8 << 20), std::move(commands));
}

TEST(FailingPeer, MayAnswerTheErrorAndIsWholeAgainBehindIt) {
  const Command write = write_of(9000, 100), part = write_of(10, 5000), read = read_of(9000, 0);
  const std::vector<Command> all{
      write,
      kFsync,
      kDrop,
      failing(read, FaultKind::read),
      failing(part, FaultKind::read),
      failing(truncate_to(5000), FaultKind::read),
      kFsync,
      kDrop,
      failing(write_of(10, 20000), FaultKind::read),
      failing(write_of(9000, 40000), FaultKind::memory),
      failing(kFsync, FaultKind::flush),
      kFsync,
      write,
      kLost,
      by(1, kFsync),
      kSyncfs,
      kDrop,
      write,
      failing(command(Action::write_back), FaultKind::write),
      kDrop,
      truncate_to(0)};
  EXPECT_EQ(found_in_xfs<HonestFiles>(all), kNothing);
  EXPECT_EQ(found_in_model<HonestFiles>(make_f2fs_files(8 << 20), all), kNothing);
}

/// The model of F2FS reads a page before it looks for memory: the first page's bytes are counted.
TEST(FailingPeer, MayCountAllBytesOfMemoryThatEndsAtThePageWhoseReadFails) {
  const Command write = write_of(kPage + 1, 0, kPage);
  Command read = write;
  read.action = Action::read;
  for (const Command& c : {write, read}) {
    const std::vector<Command> all{write_of(6000, 0), kFsync, kDrop, failing(c, FaultKind::read)};
    EXPECT_EQ(found_in_model<HonestFiles>(make_f2fs_files(8 << 20), all), kNothing);
  }
}

/// A read that stores nothing and says that it did.
struct IgnoresErrors final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().read(h, iov, at, flags);
    return n < 0 && !is_observer(h) ? static_cast<std::int64_t>(iov[0].iov_len) : n;
  }
  int truncate(Handle h, std::int64_t length) override {
    const int error = truth().truncate(h, length);
    return is_observer(h) ? error : 0;
  }
};
TEST(FailingPeer, ThatIgnoresAReadErrorIsFound) {
  const std::vector<Command> start{write_of(9000, 0), kFsync, kDrop};
  const auto then = [&](const Command& c) {
    std::vector<Command> all = start;
    all.push_back(c);
    return all;
  };
  EXPECT_EQ(found_in_xfs<IgnoresErrors>(then(failing(read_of(9000, 0), FaultKind::read))), 3);
  EXPECT_EQ(found_in_xfs<IgnoresErrors>(then(failing(truncate_to(100), FaultKind::read))), 3);
}

/// An fsync that answers 0, or each error twice, or another one.
template <int kind>
struct ReportsBadly final : HonestFiles {
  using HonestFiles::HonestFiles;
  int fsync(Handle h) override {
    const int error = truth().fsync(h);
    if (kind == 0) return 0;
    if (kind == 1) return error != 0 ? last_ = error : std::exchange(last_, 0);
    return error != 0 ? -ENOSPC : 0;
  }

 private:
  int last_ = 0;
};
TEST(FailingPeer, ThatReportsAnErrorNotOnceIsFound) {
  EXPECT_EQ(found_in_xfs<ReportsBadly<0>>({write_of(10, 0), kLost}), 1);
  EXPECT_EQ(found_in_xfs<ReportsBadly<1>>({write_of(10, 0), kLost, kFsync}), 2);
  EXPECT_EQ(found_in_xfs<ReportsBadly<2>>({write_of(10, 0), kLost}), 1);
  EXPECT_EQ(found_in_xfs<HonestFiles>({write_of(10, 0), kLost, kFsync}), kNothing);
  EXPECT_EQ(found_in_xfs<ReportsBadly<0>>({failing(kFsync, FaultKind::flush)}), 0);
}

/// A failed fsync changes a byte that was on the device, or one of the cache.
template <std::int64_t place>
struct LosesOthers final : HonestFiles {
  using HonestFiles::HonestFiles;
  int fsync(Handle h) override {
    const int error = truth().fsync(h);
    if (error != 0) scribble(h.file, place, 1, kOther);
    return error;
  }
};
TEST(FailingPeer, ThatLosesMoreThanWhatFailedIsFound) {
  const std::vector<Command> all{write_of(9000, 0), kFsync,        write_of(10, 0), kLost,
                                 read_of(10, 8000), read_of(10, 0)};
  EXPECT_EQ(found_in_xfs<LosesOthers<8000>>(all), 4);
  EXPECT_EQ(found_in_xfs<LosesOthers<0>>(all), 5);
  EXPECT_EQ(found_in_xfs<HonestFiles>(all), kNothing);
}

/// A file whose lost bytes read as none of those that it ever held.
struct ShowsStrangers final : HonestFiles {
  using HonestFiles::HonestFiles;
  void drop_cache(std::uint64_t file) override {
    truth().drop_cache(file);
    scribble(file, 0, 10, kOther);
  }
};
TEST(FailingPeer, MayShowOnlyBytesThatTheFileHasHeld) {
  const std::vector<Command> all{write_of(10, 0), kFsync, write_of(10, 0), kLost, kDrop};
  EXPECT_EQ(found_in_xfs<ShowsStrangers>(all), 4);
  EXPECT_EQ(found_in_xfs<HonestFiles>(all), kNothing);
}

/// A write that fails and has grown the file.
struct GrowsAnyway final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    if (n < 0) truth().truncate({h.file, Handle::kObserver}, at + 1);
    return n;
  }
};
TEST(FailingPeer, ThatGrowsByAFailedWriteIsFound) {
  EXPECT_EQ(
      found_in_xfs<GrowsAnyway>(
          {write_of(100, 0), kFsync, kDrop,
           failing(write_of(10, 9000), FaultKind::read, EIO, FaultReach::once)}),
      3);
}

TEST(FaultAccount, KnowsWhatMayLieOnTheDevice) {
  const std::vector<std::byte> first(1, std::byte{1}), second(1, std::byte{2});
  FaultAccount account;
  FileModel model;
  model.write(0, first);
  account.is_on_device(0, model);
  EXPECT_FALSE(account.may_be_dirty(0));
  EXPECT_FALSE(account.may_lie_there(0, 0, std::byte{2}));
  model.write(0, second);
  account.holds(0, model);
  account.lost(0);
  EXPECT_TRUE(account.may_be_dirty(0) && account.is_lost(0));
  EXPECT_TRUE(account.may_lie_there(0, 0, std::byte{1}));
  EXPECT_TRUE(account.may_lie_there(0, 0, std::byte{2}));
  EXPECT_FALSE(account.may_lie_there(0, 0, std::byte{0}));
  account.is_on_device(0, model);
  EXPECT_FALSE(account.is_lost(0));
  EXPECT_FALSE(account.may_lie_there(0, 0, std::byte{1}));
}

TEST(FaultAccount, OwesEachHandleOfTheFileAndOfTheVolume) {
  FaultAccount account;
  for (const Handle h : {Handle{0, 0}, Handle{0, 1}, Handle{1, 0}}) account.opened(h);
  account.met(0, -EIO);
  EXPECT_TRUE(account.owes({0, 0}) && account.owes({0, 1}));
  EXPECT_FALSE(account.owes({1, 0}));
  EXPECT_FALSE(account.syncfs_answers({1, 0}, 0, 0));
  EXPECT_TRUE(account.syncfs_answers({0, 0}, -EIO, 0));
  EXPECT_TRUE(account.fsync_answers({0, 0}, -EIO, 0));
  EXPECT_TRUE(account.fsync_answers({0, 0}, 0, 0));
  EXPECT_FALSE(account.fsync_answers({0, 1}, 0, 0));
}

}  // namespace
}  // namespace quire::props
