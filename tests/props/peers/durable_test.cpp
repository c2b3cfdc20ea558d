// Files that promise more than is on their medium are found, whichever call promised it.
#include "props/peers/durable.h"

#include "props/peers/peer_comparison.h"
#include "ref/vfs/rw_flags.h"
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

/// The first difference when ref's plain files and lying ones run the commands.
template <class Lying>
std::optional<Failure> found(std::vector<Command> commands, std::uint64_t sync = 0) {
  const auto ref = make_ref_files(8 << 20);
  LyingFactory<Lying> lying("ref");
  Setting setting;
  setting.sync = sync;
  return PeerComparison(*ref, lying).run({setting, std::move(commands)});
}

/// Its syncs write the dirty blocks and forget the flush.
class ForgetsTheFlush final : public HonestFiles {
 public:
  using HonestFiles::HonestFiles;
  int fsync(Handle h) override {
    truth().write_back(h.file);
    return 0;
  }
  int fdatasync(Handle h) override { return fsync(h); }
  int syncfs(Handle) override {
    truth().write_back(0);
    truth().write_back(1);
    return 0;
  }
};

/// A sync that finds nothing dirty does nothing.
class FlushesOnlyAfterItsOwnWrites final : public HonestFiles {
 public:
  using HonestFiles::HonestFiles;
  int fsync(Handle h) override {
    if (std::exchange(clean_, false)) return 0;
    return truth().fsync(h);
  }
  void write_back(std::uint64_t file) override {
    truth().write_back(file);
    clean_ = true;
  }

 private:
  bool clean_ = false;
};

/// A synchronous write forgets the sync; with RWF_NOWAIT only, if so.
template <bool only_nowait>
class ForgetsSynchronousWrites final : public HonestFiles {
 public:
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    constexpr int kSynchronous = ref::kDsync | ref::kSync;
    if (only_nowait && (flags & ref::kNowait) == 0) return truth().write(h, iov, at, flags);
    if (h.number == Handle::kSync) h.number = 1;
    return truth().write(h, iov, at, flags & ~kSynchronous);
  }
};

TEST(Durable, AnHonestSideHolds) {
  EXPECT_FALSE(found<HonestFiles>(
      {write_to(0, 0, 5000), command(Action::fsync), write_to(0, 100, 1, ref::kDsync),
       write_to(1, 9000, 1), command(Action::syncfs),
       write_to(1, 0, 5000, ref::kSync | ref::kAppend), command(Action::fdatasync, 1)}));
}

TEST(Durable, AFlushThatIsForgottenIsFoundAfterEachCallThatPromisesOne) {
  for (const Action action : {Action::fsync, Action::fdatasync, Action::syncfs}) {
    const auto failure = found<ForgetsTheFlush>({write_to(0, 0, 1), command(action)});
    ASSERT_TRUE(failure) << kActionNames[static_cast<std::size_t>(action)];
    EXPECT_EQ(failure->source, "SYN-3, SYN-1");
    EXPECT_EQ(failure->command, 1u);
  }
  const auto other = found<ForgetsTheFlush>({write_to(1, 0, 1), command(Action::syncfs, 0)});
  ASSERT_TRUE(other) << "syncfs promises all files";
  EXPECT_EQ(other->command, 1u);
}

TEST(Durable, AFlushThatIsLeftOutBecauseNothingIsDirtyIsFound) {
  const auto failure = found<FlushesOnlyAfterItsOwnWrites>(
      {write_to(0, 0, 1), command(Action::write_back), command(Action::fsync)});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->command, 2u);
}

TEST(Durable, ASynchronousWriteThatIsNotIsFoundAtTheOldEndOfTheFile) {
  for (const int flag : {ref::kDsync, ref::kSync, ref::kDsync | ref::kAppend}) {
    const auto failure =
        found<ForgetsSynchronousWrites<false>>({write_to(0, 0, 4096), write_to(0, 0, 4096, flag)});
    ASSERT_TRUE(failure) << flag;
    EXPECT_EQ(failure->command, 1u);
  }
  Command by_handle = write_to(0, 0, 100);
  by_handle.handle = Handle::kSync;
  EXPECT_FALSE(found<ForgetsSynchronousWrites<false>>({by_handle}));
  EXPECT_TRUE(found<ForgetsSynchronousWrites<false>>({by_handle}, 1)) << "O_DSYNC";
  EXPECT_TRUE(found<ForgetsSynchronousWrites<false>>({by_handle}, 2)) << "O_SYNC";
}

TEST(Durable, ASyncThatNowaitLosesIsFound) {
  const Command nowait = write_to(0, 0, 100, ref::kDsync | ref::kNowait);
  EXPECT_FALSE(found<HonestFiles>({write_to(0, 0, 4096), nowait}));
  EXPECT_TRUE(found<ForgetsSynchronousWrites<true>>({write_to(0, 0, 4096), nowait}));
}

TEST(Durable, WhatIsNotPromisedIsNotCompared) {
  const std::vector<Command> commands{
      write_to(0, 0, 100), write_to(1, 0, 100), write_to(1, 8192, 100, ref::kDsync),
      command(Action::fsync, 1)};
  EXPECT_FALSE(found<HonestFiles>(commands));
  const auto factory = make_ref_files(8 << 20);
  spec::Recorder silent;
  const auto files = factory->make({}, silent);
  FileModel model;
  model.write(0, std::vector<std::byte>(100, std::byte{7}));
  std::vector<std::byte> bytes = model.bytes(0, 100);
  const iovec all{bytes.data(), bytes.size()};
  for (const std::uint64_t file : {0u, 1u}) files->write({file, 0}, {&all, 1}, 0, 0);
  EXPECT_EQ(files->fsync({1, 0}), 0);
  EXPECT_TRUE(judge_durable(*files, 0, model)) << "the first file stays as it was";
  EXPECT_FALSE(judge_durable(*files, 1, model));
}

}  // namespace
}  // namespace quire::props
