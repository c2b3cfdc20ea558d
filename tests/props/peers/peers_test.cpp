// The parts of a comparison with a kernel: replay lines, the model of a file, the limit on sizes
// and the ballast.
#include "props/differential/command.h"
#include "props/differential/file_model.h"
#include "props/kernel/detached_mount.h"
#include "props/peers/ballast.h"
#include "props/peers/must_see.h"
#include "props/peers/overlap_values.h"
#include "props/peers/peer_answers.h"
#include "props/peers/peer_comparison.h"
#include "props/peers/size_limit.h"
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace quire::props {
namespace {

TEST(PeerReplay, EveryCommandComesBackAsItWas) {
  Case drawn;
  drawn.setting.each_byte = true;
  drawn.setting.mount = 5;
  for (int i = 0; i < static_cast<int>(kActionNames.size()); ++i) {
    Command c = command(static_cast<Action>(i));
    c.file = 1;
    c.handle = 2;
    c.flags = 3;
    c.limit = 77;
    c.answer = -28;
    c.ends = {8, 0};
    c.at = 5;
    c.length = 9;
    c.source = 1;
    c.from = 4096;
    drawn.commands.push_back(c);
  }
  const std::string line = to_replay(drawn);
  const Case back = from_replay(line);
  EXPECT_EQ(to_replay(back), line);
  EXPECT_EQ(back.commands.at(9).length, 9u);
  EXPECT_EQ(back.commands.at(9).flags, 3);
  EXPECT_EQ(back.commands.at(10).from, 4096);
  EXPECT_EQ(back.commands.at(0).limit, 77u);
  EXPECT_EQ(back.commands.at(0).answer, -28);
  EXPECT_EQ(back.commands.at(0).ends, (std::vector<std::uint64_t>{8, 0}));
  EXPECT_TRUE(back.setting.each_byte);
  EXPECT_EQ(back.setting.mount, 5u);
}

TEST(PeerReplay, LineOfAnOlderVersionSaysTheSame) {
  const std::string line =
      R"({"block_size":1024,"blocks":576,"commands":[{"at":0,"do":"write","file":0,"memory":[]}],)"
      R"("dirty_max":67108864,"folio_max":65536})";
  const Case back = from_replay(line);
  EXPECT_EQ(to_replay(back), line);
  EXPECT_FALSE(for_peers(back.commands.at(0)));
}

TEST(OverlapValues, AreThoseOnTheWayThroughTheTarget) {
  const std::byte source[] = {std::byte{1}, std::byte{2}, std::byte{3}};
  const OverlapValues up(source, 10, 11, false);
  EXPECT_TRUE(up.allows(2, std::byte{3}));
  EXPECT_TRUE(up.allows(2, std::byte{1})) << "written over twice";
  EXPECT_FALSE(up.allows(0, std::byte{2}));
  EXPECT_FALSE(up.allows(2, std::byte{9}));
  const OverlapValues down(source, 11, 10, false);
  EXPECT_TRUE(down.allows(0, std::byte{3}));
  EXPECT_FALSE(down.allows(2, std::byte{1}));
}

TEST(PeerAllowance, IsOpenInWhatItSaysAndNothingElse) {
  const PeerAllowance none = allowance_of("nobody");
  EXPECT_TRUE(allows_write(none, {10, false, false, false}, 10));
  EXPECT_FALSE(allows_write(none, {10, false, true, false}, 9));
  EXPECT_FALSE(allows_write(none, {10, false, false, false}, -EAGAIN));
  EXPECT_TRUE(allows_write(none, {10, true, false, false}, -EAGAIN));
  EXPECT_TRUE(allows_write(none, {10, false, false, true}, -ENOSPC));
  EXPECT_FALSE(allows_write(none, {10, true, true, true}, 11));
  EXPECT_FALSE(allows_write(none, {10, true, true, true}, 0));
  EXPECT_TRUE(allows_write(allowance_of("btrfs"), {10, false, true, false}, 9));
  EXPECT_FALSE(allows_hole(false, true));
  EXPECT_FALSE(allows_hole(true, false));
}

TEST(MustSee, NamesWhatALongRunHasNotMet) {
  const std::vector<std::string> xfs = must_see(allowance_of("xfs"));
  AnswerCounts met;
  EXPECT_EQ(never_seen(xfs, met), xfs);
  for (const std::string& name : xfs) met[name] = 1;
  EXPECT_TRUE(never_seen(xfs, met).empty());
  met.erase("clone: done");
  EXPECT_EQ(never_seen(xfs, met), std::vector<std::string>{"clone: done"});
  const auto without_clones = must_see(allowance_of("tmpfs"));
  EXPECT_TRUE(never_seen(without_clones, met).empty());
}

TEST(MustSee, AsksForWhatBothSidesHave) {
  const PeerAllowance f2fs = allowance_of("f2fs-6.1"), model = allowance_of("ref-f2fs");
  const auto has = [](const std::vector<std::string>& classes, const std::string& name) {
    return std::ranges::count(classes, name) == 1;
  };
  EXPECT_TRUE(has(must_see(f2fs), "fallocate mode 0: done"));
  EXPECT_FALSE(has(must_see(f2fs, model), "fallocate mode 0: done"));
  EXPECT_TRUE(has(must_see(f2fs, model), "write: ENOSPC"));
}

TEST(SizeLimit, CatchesTheSignalAndPutsBackTheLimit) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const Descriptor file(::memfd_create("quire-check", MFD_CLOEXEC));
  {
    SizeLimit limit;
    limit.set(4);
    EXPECT_EQ(::pwrite(file.get(), "folio", 5, 0), 4);
    EXPECT_FALSE(limit.take_signal());
    EXPECT_EQ(::pwrite(file.get(), "folio", 5, 4), -1);
    EXPECT_EQ(errno, EFBIG);
    EXPECT_TRUE(limit.take_signal());
    EXPECT_FALSE(limit.take_signal());
    limit.set(std::nullopt);
    EXPECT_EQ(::pwrite(file.get(), "folio", 5, 4), 5);
    limit.set(4);
  }
  rlimit after{};
  ::getrlimit(RLIMIT_FSIZE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_cur);
}

TEST(Ballast, FillsAVolumeAndGivesItBack) {
  if (::geteuid() != 0) GTEST_SKIP() << "a file system can be mounted by root alone";
  const auto mount = DetachedMount::make("tmpfs");
  ASSERT_TRUE(mount.has_value()) << mount.error().what;
  const Descriptor file(::openat(mount->root(), "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  Ballast ballast(mount->root());
  ballast.fill(4096);
  EXPECT_TRUE(ballast.stands());
  EXPECT_EQ(::pwrite(file.get(), "a", 1, 0), 1);
  EXPECT_EQ(::pwrite(file.get(), "a", 1, 4096), -1);
  EXPECT_EQ(errno, ENOSPC);
  ballast.release();
  EXPECT_EQ(::pwrite(file.get(), "a", 1, 4096), 1);
}

TEST(Ballast, SaysSoIfSomethingElseThanTheSpaceEndsIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "a file system can be mounted by root alone";
  const auto mount = DetachedMount::make("tmpfs");
  ASSERT_TRUE(mount.has_value()) << mount.error().what;
  Ballast ballast(mount->root());
  SizeLimit limit;
  limit.set(4096);
  EXPECT_THROW(ballast.fill(0), std::system_error);
}

/// ref as its own peer.
class TwiceRef final : public FilesFactory {
 public:
  TwiceRef() : factory_(make_ref_files(8 << 20)) {}
  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder&) override {
    return factory_->make(setting, silent_);
  }

 private:
  std::unique_ptr<FilesFactory> factory_;
  spec::Recorder silent_;
};

TEST(PeerComparison, RefAgreesWithItselfInEveryCall) {
  const auto ref = make_ref_files(8 << 20);
  TwiceRef peer;
  PeerComparison comparison(*ref, peer);
  Case drawn;
  drawn.setting.each_byte = true;
  Command write = command(Action::write);
  write.memory = {{BufferKind::plain, 9000, 0, 0}};
  Command append = write;
  append.handle = 1;
  append.at = -1;
  Command limited = write;
  limited.limit = 100;
  limited.at = 100;
  Command overlapping = command(Action::write_mapped);
  overlapping.at = 5000;
  overlapping.length = 3000;
  overlapping.from = 4000;
  Command holes = command(Action::fallocate);
  holes.flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  holes.length = 5000;
  drawn.commands = {write, append, limited, overlapping, holes, command(Action::syncfs)};
  const auto failure = comparison.run(drawn);
  EXPECT_FALSE(failure.has_value()) << failure->says << failure->actual;
  EXPECT_EQ(comparison.commands(), 6u);
}

}  // namespace
}  // namespace quire::props
