// The comparison of ref with a peer on a full volume: a call without space that changes more than
// props/peers/peers.h allows is found.
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

/// Grows the file, or zeroes too much of it, and answers ENOSPC once.
template <bool grows, int from>
struct ZeroesInVain final : HonestFiles {
  using HonestFiles::HonestFiles;
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    if (is_observer(h) || std::exchange(failed_, true))
      return truth().fallocate(h, mode, at, length);
    if (grows) truth().truncate({h.file, Handle::kObserver}, at + length);
    scribble(h.file, from, 5, grows ? kOther : kZero);
    return -ENOSPC;
  }

 private:
  bool failed_ = false;
};
TEST(LyingOnAFullVolume, AboutWhatAFailedZeroRangeLeavesIsFound) {
  const std::vector<Command> commands{
      write_of(9000, 0), command(Action::fill),
      fallocate_of(FALLOC_FL_ZERO_RANGE, kPageBytes, 2 * kPageBytes)};
  EXPECT_EQ((found_in<ZeroesInVain<true, 10'000>>("ext4", commands)), 2);
  EXPECT_EQ((found_in<ZeroesInVain<false, 100>>("ext4", commands)), 2);
  EXPECT_EQ(
      (found_in<ZeroesInVain<false, 8990>>(
          "nobody",
          {write_of(9000, 0), command(Action::fill), fallocate_of(0, kPageBytes, 3 * kPageBytes)})),
      2);
  EXPECT_EQ((found_in<ZeroesInVain<false, 5000>>("ext4", commands)), kNothing);
}

/// Zeroes a part of the target of a clone, and answers ENOSPC.
struct ClonesInVain final : HonestFiles {
  using HonestFiles::HonestFiles;
  int clone(Handle h, Source source, std::int64_t at) override {
    if (std::exchange(failed_, true)) return truth().clone(h, source, at);
    scribble(h.file, 10, 5, kZero);
    return -ENOSPC;
  }

 private:
  bool failed_ = false;
};
TEST(LyingOnAFullVolume, AboutWhatAFailedCloneLeavesIsFound) {
  Command clone = command(Action::clone);
  clone.source = 1;
  clone.length = kPageBytes;
  EXPECT_EQ(
      found_in<ClonesInVain>(
          "xfs", {write_of(kPageBytes, 0), of_file(1, write_of(kPageBytes, 0)),
                  command(Action::fill), clone}),
      3);
}

struct SyncsInVain final : HonestFiles {
  using HonestFiles::HonestFiles;
  int fsync(Handle h) override {
    const int answer = truth().fsync(h);
    return is_observer(h) || std::exchange(failed_, true) ? answer : -ENOSPC;
  }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    const std::int64_t answer = truth().seek(h, offset, whence);
    return is_observer(h) || whence != SEEK_END || std::exchange(failed_, true) ? answer : -ENOSPC;
  }

 private:
  bool failed_ = false;
};
TEST(LyingOnAFullVolume, AboutACallThatTakesNoSpaceIsFound) {
  for (const char* const peer : {"nobody", "xfs", "btrfs"}) {
    EXPECT_EQ(
        found_in<SyncsInVain>(
            peer, {write_of(10, 0), command(Action::fill), command(Action::fsync)}),
        2);
    EXPECT_EQ(
        found_in<SyncsInVain>(peer, {write_of(10, 0), command(Action::fill), seek_of(0, SEEK_END)}),
        2);
  }
}

struct TruncatesInVain final : HonestFiles {
  using HonestFiles::HonestFiles;
  int truncate(Handle h, std::int64_t length) override {
    return is_observer(h) || std::exchange(failed_, true) ? truth().truncate(h, length) : -ENOSPC;
  }

 private:
  bool failed_ = false;
};

/// Of file 1 to file 0.
Command clone_of(std::uint64_t length, std::int64_t at) {
  Command c = command(Action::clone);
  c.source = 1;
  c.length = length;
  c.at = at;
  return c;
}

TEST(LyingOnAFullVolume, AboutATruncateIsFoundWhereItTakesNoSpace) {
  const std::vector<Command> commands{
      write_of(10, 0), command(Action::fill), command(Action::truncate)};
  EXPECT_EQ(found_in<TruncatesInVain>("btrfs", commands), kNothing);
  EXPECT_EQ(found_in<TruncatesInVain>("nobody", commands), 2);
}

TEST(LyingOnAFullVolume, AboutATruncateIsFoundUnlessItZeroesAPartOfASharedBlock) {
  const auto of = [](std::uint64_t size, std::uint64_t length) {
    return std::vector{
        write_of(size, 0), of_file(1, write_of(kPageBytes, 0)), clone_of(kPageBytes, 0),
        command(Action::fill), truncate_to(length)};
  };
  for (const char* const peer : {"xfs", "xfs-6.1", "xfs-6.12"}) {
    SCOPED_TRACE(peer);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(2 * kPageBytes, 5000)), kNothing);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(5000, 2 * kPageBytes)), kNothing);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(5000, kPageBytes)), 4);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(2 * kPageBytes, 9000)), 4);
    EXPECT_EQ(
        found_in<TruncatesInVain>(
            peer, {write_of(2 * kPageBytes, 0), command(Action::fill), truncate_to(5000)}),
        2)
        << "nothing is shared";
  }
  // With always_cow any block may behave as a shared one.
  EXPECT_EQ(
      found_in<TruncatesInVain>(
          "ref-xfs", {write_of(2 * kPageBytes, 0), command(Action::fill), truncate_to(5000)}),
      kNothing);
  EXPECT_EQ(found_in<TruncatesInVain>("ref-xfs", of(2 * kPageBytes, kPageBytes)), 4);
}

TEST(LyingOnAFullVolume, AboutATruncateIsFoundUnlessItsBytesLeaveTheInode) {
  const auto of = [](std::uint64_t size, std::uint64_t length) {
    return std::vector{write_of(size, 0), command(Action::fill), truncate_to(length)};
  };
  for (const char* const peer : {"f2fs-6.1", "f2fs-6.12", "ref-f2fs"}) {
    SCOPED_TRACE(peer);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(10, 3489)), kNothing);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(3489, 10)), 2);
    EXPECT_EQ(found_in<TruncatesInVain>(peer, of(kPageBytes + 1, 9000)), 2);
  }
}

/// Moves the bytes behind the range down, but for `lost` bytes, and answers ENOSPC.
template <int lost>
struct CollapsesInVain final : HonestFiles {
  using HonestFiles::HonestFiles;
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    if (std::exchange(failed_, true)) return truth().fallocate(h, mode, at, length);
    const std::int64_t size = truth().size(h.file);
    truth().fallocate(h, mode, at, length);
    truth().truncate({h.file, Handle::kObserver}, size);
    if (lost != 0) scribble(h.file, at + 5, lost, kZero);
    return -ENOSPC;
  }

 private:
  bool failed_ = false;
};
TEST(LyingOnAFullVolume, AboutAHalfDoneCollapseIsFoundUnlessItsTruncateTakesSpace) {
  const auto of = [](std::vector<Command> first, std::uint64_t size) {
    first.insert(first.begin(), write_of(size, 0));
    first.push_back(command(Action::fill));
    first.push_back(fallocate_of(FALLOC_FL_COLLAPSE_RANGE, 0, kPageBytes));
    return first;
  };
  const std::vector<Command> shared{of_file(1, write_of(kPageBytes, 0)), clone_of(kPageBytes, 0)};
  EXPECT_EQ(found_in<CollapsesInVain<0>>("xfs", of(shared, 9000)), kNothing);
  EXPECT_EQ(found_in<CollapsesInVain<0>>("ref-xfs", of({}, 9000)), kNothing);
  EXPECT_EQ(found_in<CollapsesInVain<1>>("xfs", of(shared, 9000)), 4);
  EXPECT_EQ(found_in<CollapsesInVain<0>>("xfs", of(shared, 2 * kPageBytes)), 4)
      << "nothing is zeroed";
  EXPECT_EQ(found_in<CollapsesInVain<0>>("xfs", of({}, 9000)), 2) << "nothing is shared";
  EXPECT_EQ(found_in<CollapsesInVain<0>>("ext4", of({}, 9000)), 2);
  EXPECT_EQ(found_in<CollapsesInVain<0>>("f2fs-6.12", of({}, 9000)), 2);
}

/// Clones the first page of the range, and answers ENOSPC. The size is `more` larger, and `lost`
/// bytes of the page are zero.
template <int more, int lost>
struct ClonesAPart final : HonestFiles {
  using HonestFiles::HonestFiles;
  int clone(Handle h, Source source, std::int64_t at) override {
    if (std::exchange(failed_, true)) return truth().clone(h, source, at);
    truth().clone(h, {source.file, source.from, kPageBytes}, at);
    truth().truncate({h.file, Handle::kObserver}, at + kPageBytes + more);
    scribble(h.file, at + 7, lost, kZero);
    return -ENOSPC;
  }

 private:
  bool failed_ = false;
};
TEST(LyingOnAFullVolume, AboutTheSizeOfAFailedCloneIsFoundUnlessItIsWhatWasCloned) {
  const std::vector<Command> commands{
      write_of(10, 0), of_file(1, write_of(2 * kPageBytes, 0)), command(Action::fill),
      clone_of(2 * kPageBytes, kPageBytes)};
  for (const char* const peer : {"xfs", "btrfs", "ref-xfs"}) {
    SCOPED_TRACE(peer);
    EXPECT_EQ((found_in<ClonesAPart<0, 0>>(peer, commands)), kNothing);
    EXPECT_EQ((found_in<ClonesAPart<0, 1>>(peer, commands)), 3)
        << "a byte of it is not the source's";
    EXPECT_EQ((found_in<ClonesAPart<10, 0>>(peer, commands)), 3) << "zeroes stand behind it";
    EXPECT_EQ((found_in<ClonesAPart<kPageBytes + 1, 0>>(peer, commands)), 3) << "past the range";
    EXPECT_EQ((found_in<ClonesAPart<1 - 2 * kPageBytes, 0>>(peer, commands)), 3) << "it shrank";
  }
}

}  // namespace
}  // namespace quire::props
