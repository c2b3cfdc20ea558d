// A failed or short write of a peer that changes more than props/peers/peers.h allows is found.
#include "tests/props/peers/lying_case.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

constexpr int kUnknownFlag = 1 << 30;

/// Zeroes the rest of a write's target after a short or failed write.
struct LosesWhatItRefuses final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    const auto all = static_cast<std::int64_t>(iov.empty() ? 0 : iov[0].iov_len);
    const std::int64_t taken = n < 0 ? 0 : n;
    const std::int64_t end = std::min(at + all, truth().size(h.file));
    const std::int64_t from = at + taken;
    if (!is_observer(h) && from < end)
      scribble(h.file, from, static_cast<std::size_t>(end - from), kZero);
    return n;
  }
};
TEST(LyingInAFailedWrite, AboutOldBytesIsFoundWhateverTheErrorIs) {
  for (const char* const peer : {"nobody", "xfs", "xfs-6.1", "btrfs", "ext4", "tmpfs"}) {
    SCOPED_TRACE(peer);
    EXPECT_EQ(
        found_in<LosesWhatItRefuses>(
            peer, {write_of(9000, 0), with_flags(write_of(9000, 0), kUnknownFlag)}),
        1);
    EXPECT_EQ(
        found_in<LosesWhatItRefuses>(peer, {write_of(9000, 0), limited(write_of(9000, 0), 10)}), 1);
    EXPECT_EQ(found_in<LosesWhatItRefuses>(peer, {write_of(9000, 0), write_of(9000, 0, 5000)}), 1);
  }
}

/// Shows old memory behind the accepted bytes of a write.
struct ShowsOldMemory final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    const auto all = static_cast<std::int64_t>(iov[0].iov_len);
    if (!is_observer(h) && n < all) scribble(h.file, at + (n < 0 ? 0 : n), 5, kOther);
    return n;
  }
};
TEST(LyingInAFailedWrite, AboutAHoleIsAllowedWhereItsPeerAndItsMemorySaySo) {
  Command grow = command(Action::truncate);
  grow.length = 9000;
  EXPECT_EQ(found_in<ShowsOldMemory>("xfs", {grow, write_of(5000, 0, 100)}), kNothing);
  EXPECT_EQ(found_in<ShowsOldMemory>("nobody", {grow, write_of(5000, 0, 100)}), 1);
  EXPECT_EQ(found_in<ShowsOldMemory>("xfs", {grow, limited(write_of(5000, 0), 100)}), 1);
  EXPECT_EQ(found_in<ShowsOldMemory>("xfs", {write_of(9000, 0), write_of(5000, 0, 100)}), 1);
}

/// Accepts a hundred bytes of a write, changes one behind them, and gives an allowed answer.
struct RunsOutBadly final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    if (is_observer(h) || truth().size(h.file) == 0) return truth().write(h, iov, at, flags);
    const iovec less{iov[0].iov_base, 100};
    truth().write(h, {&less, 1}, at, flags);
    scribble(h.file, at + 150, 1, kOther);
    return 100;
  }
};
TEST(LyingInAFailedWrite, AboutAByteBehindAnAllowedCountIsFound) {
  for (const char* const peer : {"nobody", "xfs", "btrfs"}) {
    EXPECT_EQ(
        found_in<RunsOutBadly>(peer, {write_of(9000, 0), command(Action::fill), write_of(5000, 0)}),
        2);
  }
}

/// Accepts a hundred bytes of a write at the position, and moves it by one more.
struct RunsOutTooFar final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    if (is_observer(h) || at >= 0) return truth().write(h, iov, at, flags);
    const iovec less{iov[0].iov_base, 100};
    truth().write(h, {&less, 1}, at, flags);
    truth().seek(h, 1, SEEK_CUR);
    return 100;
  }
};
TEST(LyingInAFailedWrite, AboutThePositionBehindAnAllowedCountIsFound) {
  EXPECT_EQ(
      found_in<RunsOutTooFar>(
          "nobody", {write_of(9000, 0), command(Action::fill), write_of(5000, -1)}),
      2);
}

/// Grows up to the position of a write that accepts nothing.
template <bool zeroes>
struct GrowsByNothing final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    const std::int64_t n = truth().write(h, iov, at, flags);
    if (is_observer(h) || n > 0) return n;
    truth().truncate({h.file, Handle::kObserver}, at);
    if (!zeroes) scribble(h.file, at - 10, 5, kOther);
    return n;
  }
};
TEST(LyingInAFailedWrite, AboutAGapIsFound) {
  EXPECT_EQ(found_in<GrowsByNothing<true>>("ext4", {write_of(10, kPageBytes, 0)}), kNothing);
  EXPECT_EQ(found_in<GrowsByNothing<true>>("nobody", {write_of(10, kPageBytes, 0)}), 0);
  EXPECT_EQ(found_in<GrowsByNothing<false>>("ext4", {write_of(10, kPageBytes, 0)}), 0);
}
TEST(LyingInAFailedWrite, AboutAGapOfAnErrorThatComesBeforeAnyWorkIsFound) {
  EXPECT_EQ(
      found_in<GrowsByNothing<true>>("ext4", {with_flags(write_of(10, kPageBytes), kUnknownFlag)}),
      0);
}

/// btrfs may stop up to a page before the end of the memory, and not earlier.
template <std::int64_t answers>
struct StopsEarly final : HonestFiles {
  using HonestFiles::HonestFiles;
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    if (is_observer(h)) return truth().write(h, iov, at, flags);
    if (answers < 0) return answers;
    const iovec less{iov[0].iov_base, static_cast<std::size_t>(answers)};
    return truth().write(h, {&less, 1}, at, flags);
  }
};
TEST(LyingInAFailedWrite, AboutWhereTheMemoryEndsIsFound) {
  EXPECT_EQ(found_in<StopsEarly<2 * kPageBytes>>("btrfs", {write_of(20'000, 0, 9000)}), kNothing);
  EXPECT_EQ(found_in<StopsEarly<kPageBytes>>("btrfs", {write_of(20'000, 0, 9000)}), 0);
  EXPECT_EQ(found_in<StopsEarly<-EFAULT>>("btrfs", {write_of(20'000, 0, 900)}), kNothing);
  EXPECT_EQ(found_in<StopsEarly<-EFAULT>>("btrfs", {write_of(20'000, 0, 9000)}), 0);
}

}  // namespace
}  // namespace quire::props
