// The comparison of ref with a peer finds files that lie about one thing, in the command of the
// lie. An answer that props/peers/peers.h allows is no lie.
#include "ref/vfs/rw_flags.h"
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

constexpr int kUnknownFlag = 1 << 30;

// ---- Answers, sizes, positions, bytes, holes, signals ----

TEST(Lying, HonestFilesHold) {
  const std::vector<Command> commands{
      write_of(9000, 0),
      of_file(1, write_of(100, kPageBytes)),
      write_of(9000, 100, 5000),
      with_flags(write_of(10, 0), kUnknownFlag),
      limited(write_of(9000, 100), 3000),
      mapped_of(4000, 3000, 5000),
      fallocate_of(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5000),
      seek_of(0, SEEK_DATA),
      seek_of(0, SEEK_HOLE),
      read_of(500, 4900),
      command(Action::syncfs)};
  EXPECT_EQ(found_in<HonestFiles>("nobody", commands, true), kNothing);
}

struct CountsOneLess final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    return is_observer(h) || n <= 0 ? n : n - 1;
  }
};
TEST(Lying, AboutAnAnswerIsFound) {
  EXPECT_EQ(found_in<CountsOneLess>("nobody", {write_of(10, 0)}), 0);
}

Command with_answer(Command c, std::int64_t answer) {
  c.answer = answer;
  return c;
}

struct HasOnePage final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const iovec first{iov[0].iov_base, std::min<std::size_t>(iov[0].iov_len, kPageBytes)};
    return is_observer(h) ? truth().write(h, iov, at, flags) : truth().write(h, {&first, 1}, at, 0);
  }
};
TEST(Lying, AboutAnAnswerThatAVectorSaysIsFound) {
  const Command two_pages = write_of(2 * kPageBytes, 0);
  EXPECT_EQ(found_in<HonestFiles>("nobody", {with_answer(two_pages, 2 * kPageBytes)}), kNothing);
  EXPECT_EQ(found_in<HonestFiles>("nobody", {with_answer(two_pages, kPageBytes)}), 0);
  // Also on a full volume, where a smaller answer is allowed otherwise.
  const Command fill = command(Action::fill);
  EXPECT_EQ(found_in<HasOnePage>("nobody", {fill, two_pages}), kNothing);
  EXPECT_EQ(found_in<HasOnePage>("nobody", {fill, with_answer(two_pages, kPageBytes)}), kNothing);
  EXPECT_EQ(found_in<HasOnePage>("nobody", {fill, with_answer(two_pages, 2 * kPageBytes)}), 1);
  // btrfs may stop early.
  const Command short_of = with_answer(write_of(kPageBytes, 0, 10), 10);
  struct StopsAtOnce final : HonestFiles {
    using HonestFiles::HonestFiles;
    std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
      return is_observer(h) ? truth().write(h, iov, at, flags) : -EFAULT;
    }
  };
  EXPECT_EQ(found_in<StopsAtOnce>("btrfs", {short_of}), kNothing);
  EXPECT_EQ(found_in<StopsAtOnce>("tmpfs", {short_of}), 0);
}

struct SucceedsInError final : HonestFiles {
  using HonestFiles::HonestFiles;
  int truncate(Handle h, std::int64_t length) override {
    truth().truncate(h, length);
    return is_observer(h) ? 0 : -EIO;
  }
};
TEST(Lying, AboutAnErrorIsFound) {
  EXPECT_EQ(found_in<SucceedsInError>("nobody", {command(Action::truncate)}), 0);
}

struct GrowsByOneMore final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    if (!is_observer(h)) truth().truncate(h, truth().size(h.file) + 1);
    return n;
  }
};
TEST(Lying, AboutTheSizeIsFound) {
  EXPECT_EQ(found_in<GrowsByOneMore>("nobody", {write_of(10, 0)}), 0);
}

struct MovesOnByOneMore final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    if (!is_observer(h)) truth().seek(h, 1, SEEK_CUR);
    return n;
  }
};
TEST(Lying, AboutThePositionIsFound) {
  EXPECT_EQ(found_in<MovesOnByOneMore>("nobody", {write_of(10, -1)}), 0);
  EXPECT_EQ(found_in<MovesOnByOneMore>("nobody", {write_of(10, 0)}), 0);
}

struct ChangesAByte final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    if (!is_observer(h)) scribble(h.file, at + 7, 1, kZero);
    return n;
  }
};
TEST(Lying, AboutAByteIsFoundAtOnceOrAtTheEnd) {
  EXPECT_EQ(found_in<ChangesAByte>("nobody", {write_of(10, 0), command(Action::fsync)}, true), 0);
  EXPECT_EQ(found_in<ChangesAByte>("nobody", {write_of(10, 0), command(Action::fsync)}), 1);
}

struct ForgetsWhatIsNotCached final : HonestFiles {
  using HonestFiles::HonestFiles;
  void drop_cache(std::uint64_t file) override {
    truth().drop_cache(file);
    scribble(file, 7, 1, kZero);
  }
};
TEST(Lying, AboutWhatIsOnTheDeviceIsFoundAtTheEnd) {
  EXPECT_EQ(found_in<ForgetsWhatIsNotCached>("nobody", {write_of(10, 0)}), 0);
}

struct PunchesTooMuch final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    return is_observer(h) && whence == SEEK_HOLE ? offset : truth().seek(h, offset, whence);
  }
};
TEST(Lying, AboutAHoleIsFound) {
  EXPECT_EQ(found_in<PunchesTooMuch>("nobody", {write_of(10, 0)}), 0);
}

struct HasDataAsHole final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    if (!is_observer(h) || truth().size(h.file) != 2 * kPageBytes)
      return truth().seek(h, offset, whence);
    return whence == SEEK_HOLE ? offset : -ENXIO;
  }
};
TEST(Lying, AboutAHoleWhereRefHasZeroesWrittenIsFound) {
  Command grow = command(Action::truncate);
  grow.length = 2 * kPageBytes;
  EXPECT_EQ(found_in<HasDataAsHole>("nobody", {grow, mapped_of(kPageBytes, kPageBytes, 0)}), 1);
}

struct SignalsNothing final : HonestFiles {
  using HonestFiles::HonestFiles;
  bool take_signal() override {
    truth().take_signal();
    return false;
  }
};
TEST(Lying, AboutASignalIsFound) {
  EXPECT_EQ(found_in<SignalsNothing>("nobody", {write_of(10, 0), limited(write_of(9, 10), 10)}), 1);
}

struct ReadsAnotherByte final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().read(h, iov, at, flags);
    if (!is_observer(h)) static_cast<std::byte*>(iov[0].iov_base)[3] = kOther;
    return n;
  }
};
TEST(Lying, AboutABlockReadIsFoundAlsoBehindTheCount) {
  EXPECT_EQ(found_in<ReadsAnotherByte>("nobody", {write_of(10, 0), read_of(10, 0)}), 1);
  EXPECT_EQ(found_in<ReadsAnotherByte>("nobody", {write_of(2, 0), read_of(10, 0)}), 1);
}

struct ReadsOutsideOfItsMemory final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().read(h, iov, at, flags);
    if (!is_observer(h)) static_cast<std::byte*>(iov[0].iov_base)[iov[0].iov_len] = kOther;
    return n;
  }
};
TEST(Lying, AboutWhereAReadStoresIsFound) {
  EXPECT_EQ(found_in<ReadsOutsideOfItsMemory>("nobody", {write_of(10, 0), read_of(10, 0)}), 1);
}

struct ReadsTooMuch final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().read(h, iov, at, flags);
    return is_observer(h) ? n : n + 10'000'000;
  }
};
TEST(Lying, AboutTheBytesThatAReadHasIsFound) {
  EXPECT_EQ(found_in<ReadsTooMuch>("nobody", {write_of(10, 0), read_of(65536, 0)}), 1);
}

struct HarmsTheOtherFile final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    if (!is_observer(h) && h.file == 0) scribble(1, 3, 1, kOther);
    return n;
  }
};
TEST(Lying, AboutAFileThatNoCommandNamedIsFound) {
  const std::vector<Command> commands{
      of_file(1, write_of(10, 0)), write_of(10, 0), of_file(1, write_of(10, 0))};
  EXPECT_EQ(found_in<HarmsTheOtherFile>("nobody", commands, true), 1);
}

// ---- A write out of the file's own mapping ----

struct StoresAnotherByte final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write_mapped(h, source, at, flags);
    scribble(h.file, at + 1, 1, kOther);
    return n;
  }
};
TEST(LyingInAWriteOntoItself, AboutAByteIsFoundInRefToo) {
  const std::vector<Command> commands{write_of(9000, 0), mapped_of(4000, 3000, 5000)};
  EXPECT_EQ(found_in<StoresAnotherByte>("nobody", commands), 1);
  EXPECT_EQ(found_in<StoresAnotherByte>("ref", commands), 1);
}

/// Answers all bytes where the mapping has fewer.
struct TakesMoreThanThereIs final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write_mapped(h, source, at, flags);
    if (n <= 0) return n;
    scribble(h.file, at + n, static_cast<std::size_t>(source.length - n), kZero);
    return source.length;
  }
};
TEST(LyingInAWriteOntoItself, AboutWhatItsMappingHasIsFoundWhereTheFileDoesNotGrow) {
  EXPECT_EQ(
      found_in<TakesMoreThanThereIs>(
          "nobody", {write_of(2 * kPageBytes, 0), mapped_of(kPageBytes, 2 * kPageBytes, 0)}),
      1);
}

// ---- SEEK_DATA and SEEK_HOLE ----

template <bool observer, int whence, std::int64_t answers>
struct Seeks final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t seek(Handle h, std::int64_t offset, int by) override {
    const bool lies = by == whence && is_observer(h) == observer && truth().size(h.file) != 0;
    return lies ? answers : truth().seek(h, offset, by);
  }
};
TEST(LyingInASeek, AboutDataPastTheEndIsFound) {
  Command grow = command(Action::truncate);
  grow.length = 9000;
  EXPECT_EQ(
      (found_in<Seeks<false, SEEK_DATA, 8192>>("nobody", {grow, seek_of(0, SEEK_DATA)})), kNothing);
  EXPECT_EQ((found_in<Seeks<false, SEEK_DATA, 9000>>("nobody", {grow, seek_of(0, SEEK_DATA)})), 1);
  EXPECT_EQ((found_in<Seeks<false, SEEK_HOLE, 9001>>("nobody", {grow, seek_of(0, SEEK_HOLE)})), 1);
}
TEST(LyingInASeek, AboutAHolePastTheEndIsFound) {
  EXPECT_EQ((found_in<Seeks<true, SEEK_HOLE, 9001>>("nobody", {write_of(9000, 0)})), 0);
  EXPECT_EQ((found_in<Seeks<true, SEEK_HOLE, -EIO>>("nobody", {write_of(9000, 0)})), 0);
}
TEST(LyingInASeek, AboutAnErrorIsFound) {
  Command grow = command(Action::truncate);
  grow.length = 9000;
  EXPECT_EQ((found_in<Seeks<true, SEEK_DATA, -EIO>>("nobody", {grow})), 0);
  EXPECT_EQ((found_in<Seeks<true, SEEK_DATA, 9001>>("nobody", {grow})), 0);
}

}  // namespace
}  // namespace quire::props
