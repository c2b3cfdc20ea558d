// ref's models of XFS and F2FS as files of a case: they agree with ref's plain files, a model that
// is wrong is found, and a full volume has no space.
#include "props/peers/peer_comparison.h"
#include "props/suites/suite.h"
#include "props/suites/suites.h"
#include "ref/vfs/rw_flags.h"
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace quire::props {
namespace {

constexpr std::uint64_t kModelBytes = 8 << 20;

Command command(Action action, std::uint64_t file, std::int64_t at, std::uint64_t length) {
  Command c;
  c.action = action;
  c.file = file;
  c.at = at;
  c.length = length;
  return c;
}

Command collapse(std::uint64_t file, std::int64_t at, std::uint64_t n) {
  Command c = command(Action::fallocate, file, at, n);
  c.flags = FALLOC_FL_COLLAPSE_RANGE;
  return c;
}

/// The first difference when ref's plain files and those of `model` run the commands.
std::optional<Failure> compare(
    FilesFactory& model, std::vector<Command> commands, Setting setting = {}) {
  const auto ref = make_ref_files(kModelBytes);
  setting.each_byte = true;
  return PeerComparison(*ref, model).run({setting, std::move(commands)});
}

/// Files that pass everything on and forget the last byte of each write of more than one.
class ForgetfulFiles final : public Files {
 public:
  explicit ForgetfulFiles(std::unique_ptr<Files> files) : files_(std::move(files)) {}

  const std::string& name() const override { return files_->name(); }
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t got = files_->write(h, iov, at, flags);
    std::byte none{0};
    const iovec last{&none, 1};
    if (got > 1) files_->write({h.file, Handle::kObserver}, {&last, 1}, at + got - 1, 0);
    return got;
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return files_->read(h, iov, at, flags);
  }
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    return files_->write_mapped(h, source, at, flags);
  }
  int fsync(Handle h) override { return files_->fsync(h); }
  int fdatasync(Handle h) override { return files_->fdatasync(h); }
  int syncfs(Handle h) override { return files_->syncfs(h); }
  int truncate(Handle h, std::int64_t length) override { return files_->truncate(h, length); }
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return files_->fallocate(h, mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return files_->clone(h, source, at);
  }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    return files_->seek(h, offset, whence);
  }
  std::int64_t size(std::uint64_t file) override { return files_->size(file); }
  void drop_cache(std::uint64_t file) override { files_->drop_cache(file); }
  int reopen(Handle h) override { return files_->reopen(h); }
  void set_limit(std::optional<std::uint64_t> bytes) override { files_->set_limit(bytes); }
  bool take_signal() override { return files_->take_signal(); }
  void fill(std::uint64_t leave) override { files_->fill(leave); }
  void release() override { files_->release(); }
  std::optional<std::string> leak() override { return files_->leak(); }

 private:
  std::unique_ptr<Files> files_;
};

class ForgetfulFactory final : public FilesFactory {
 public:
  explicit ForgetfulFactory(std::unique_ptr<FilesFactory> factory) : factory_(std::move(factory)) {}
  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    return std::make_unique<ForgetfulFiles>(factory_->make(setting, recorder));
  }

 private:
  std::unique_ptr<FilesFactory> factory_;
};

struct RefModel {
  const char* name;
  std::unique_ptr<FilesFactory> (*make)(std::uint64_t bytes);
};

class RefModels : public testing::TestWithParam<RefModel> {};

TEST_P(RefModels, AgreeWithThePlainFilesOnEveryMount) {
  const auto model = GetParam().make(kModelBytes);
  Command append = write_to(0, -1, 10);
  append.handle = 1;
  Command limited = write_to(0, 100, 10);
  limited.limit = 100;
  const std::vector<Command> commands{
      write_to(0, 0, 9000),
      append,
      limited,
      command(Action::fsync, 0, 0, 0),
      command(Action::drop_cache, 0, 0, 0),
      command(Action::write_mapped, 1, 5000, 3000),
      command(Action::truncate, 0, 0, 4097),
      write_to(0, 20000, 1),
      command(Action::syncfs, 1, 0, 0)};
  for (std::uint64_t mount = 0; mount < 36; ++mount) {
    Setting setting;
    setting.mount = mount;
    const auto failure = compare(*model, commands, setting);
    EXPECT_FALSE(failure) << mount << ": " << failure->says << " " << failure->actual;
  }
}

TEST_P(RefModels, OneThatForgetsAByteIsFound) {
  ForgetfulFactory model(GetParam().make(kModelBytes));
  EXPECT_FALSE(compare(model, {write_to(0, 0, 1)}));
  const auto failure = compare(model, {write_to(0, 0, 1), write_to(1, 0, 4097)});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->source, "O2, WB-2, WB-3");
  EXPECT_EQ(failure->subject, GetParam().name);
  EXPECT_EQ(failure->command, 1u);
}

TEST_P(RefModels, FilledHasNoRoomUntilItIsReleased) {
  const auto factory = GetParam().make(kModelBytes);
  spec::Recorder silent;
  const auto files = factory->make({}, silent);
  std::vector<std::byte> bytes(64 << 10, std::byte{7});
  const iovec all{bytes.data(), bytes.size()};
  const Handle h{0, 0};
  files->fill(0);
  EXPECT_EQ(files->write(h, {&all, 1}, 0, 0), -ENOSPC);
  files->release();
  files->fill(64 << 10);  // XFS also promises blocks for the index
  const iovec page{bytes.data(), 4096};
  EXPECT_EQ(files->write(h, {&page, 1}, 0, 0), 4096);
  EXPECT_NE(files->write(h, {&all, 1}, 4096, 0), static_cast<std::int64_t>(bytes.size()));
  files->release();
  EXPECT_EQ(files->write(h, {&all, 1}, 0, 0), static_cast<std::int64_t>(bytes.size()));
  EXPECT_EQ(files->truncate(h, 0), 0);
  EXPECT_FALSE(files->leak());
}

TEST_P(RefModels, LeakIsFound) {
  const auto factory = GetParam().make(kModelBytes);
  spec::Recorder silent;
  const auto files = factory->make({}, silent);
  const std::vector<std::byte> bytes(5000, std::byte{7});
  const iovec all{const_cast<std::byte*>(bytes.data()), bytes.size()};
  EXPECT_EQ(files->write({0, 0}, {&all, 1}, 0, 0), 5000);
  EXPECT_TRUE(files->leak());
}

INSTANTIATE_TEST_SUITE_P(
    All, RefModels,
    testing::Values(RefModel{"ref-xfs", make_xfs_files}, RefModel{"ref-f2fs", make_f2fs_files}),
    [](const auto& of) { return std::string(of.param.name).substr(4); });

TEST(RefModelOfXfs, MayMoveBytesWithoutTheSizeWhenACollapseFindsNoSpace) {
  const auto model = make_xfs_files(kModelBytes);
  Setting setting;
  setting.mount = 3;  // always_cow
  const auto failure = compare(
      *model,
      {write_to(0, 8192, 1), command(Action::fill, 0, 0, 16383), write_to(1, -1, 1),
       collapse(0, 0, 4096)},
      setting);
  EXPECT_FALSE(failure) << failure->says << " " << failure->actual;
}

TEST(RefModelOfF2fs, MayFindNoSpaceForBytesThatLeaveTheInode) {
  const auto model = make_f2fs_files(kModelBytes);
  Setting setting;
  setting.mount = 1;  // file 0 is inline
  const auto failure = compare(
      *model,
      {command(Action::fill, 0, 0, 16383), write_to(1, 16383, 12289), write_to(0, 0, 1),
       command(Action::truncate, 0, 0, 3489)},
      setting);
  EXPECT_FALSE(failure) << failure->says << " " << failure->actual;
}

Command write(std::uint64_t file, std::int64_t at, std::vector<BufferShape> memory, int flags = 0) {
  Command c = command(Action::write, file, at, 0);
  c.memory = std::move(memory);
  c.flags = flags;
  return c;
}

/// After each short write a side is read. The writeback of a throttled writer depends on what is
/// cached, and the space that is left depends on the writeback.
TEST(RefModelsOfXfsUnderQuotas, AreReadAlikeAfterAShortWrite) {
  Case checked;
  checked.setting.block_size = 512;
  checked.setting.blocks = 1 << 17;
  checked.setting.mount = 59;  // always_cow among its options
  checked.setting.quota = {100, 35, 100};
  checked.setting.quota_apart = 2;
  checked.setting.throttle = 20;
  using enum BufferKind;
  checked.commands = {
      write(1, -1, {{ends_in_sigbus, 512, 1, 0}}),
      write(0, 12288, {{plain, 8705, 0, 0}}),
      write(0, 11776, {{plain, 1, 0, 0}}),
      write(0, 12610, {{hole_in_middle, 191, 0, 0}}),
      write(0, -1, {{plain, 4609, 0, 0}}, quire::ref::kSync),
      write(0, 0, {{plain, 1, 0, 0}}, quire::ref::kAppend)};
  const auto turned = make_turned_xfs_files(1 << 26), xfs = make_xfs_files(1 << 26);
  const auto broken = PeerComparison(*turned, *xfs).run(checked);
  EXPECT_FALSE(broken) << broken->says << ": " << broken->expected << ", " << broken->actual;
}

TEST(RefModelSuites, RunByDefaultAndWithTheirKernels) {
  const auto has = [](const std::vector<Suite>& suites, const std::string& name) {
    return std::ranges::count(suites, name, &Suite::name) == 1;
  };
  EXPECT_TRUE(has(all_suites({}), "ref-xfs"));
  EXPECT_TRUE(has(all_suites({}), "ref-f2fs"));
  EXPECT_TRUE(has(peer_suites("xfs", ""), "peer-xfs-ref-xfs"));
  EXPECT_TRUE(has(peer_suites("all", "6.12"), "peer-f2fs-6.12-ref-f2fs"));
  EXPECT_FALSE(has(peer_suites("ext4", ""), "peer-ext4-ref-ext4"));
}

}  // namespace
}  // namespace quire::props
