// The flags of a call and of its handle, and the caller's limit on sizes.
#include "ref/vfs/rw_flags.h"
#include "tests/ref/plain/volume_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

struct Flags : testing::Test, JudgedVolume {
  Flags() : JudgedVolume(1024) {}

  static std::int64_t write(ref::File& to, const Contents& from, std::int64_t at, int flags) {
    const iovec segment{const_cast<std::byte*>(from.data()), from.size()};
    return to.pwritev2(&segment, 1, at, flags);
  }
  static std::int64_t read(ref::File& from, std::int64_t at, int flags) {
    std::byte byte{};
    const iovec segment{&byte, 1};
    return from.preadv2(&segment, 1, at, flags);
  }

  ref::File file = volume->open(1);
};

TEST_F(Flags, AppendGoesToTheEndForAnyOffset) {
  EXPECT_EQ(write(file, repeated(10, 1), 0, 0), 10);
  EXPECT_EQ(write(file, repeated(5, 2), 3, ref::kAppend), 5);
  EXPECT_EQ(file.size(), 15);
  EXPECT_EQ(file.position(), 0) << "an offset was given";
  EXPECT_EQ(write(file, repeated(5, 3), -1, ref::kAppend), 5);
  EXPECT_EQ(file.position(), 20) << "the position moves to the end, not by the count";
  EXPECT_EQ(tests::read(file, 5, 10), repeated(5, 2));
}

TEST_F(Flags, AppendsOfTwoHandlesFollowOneAnother) {
  ref::File one = volume->open(1, O_APPEND);
  ref::File two = volume->open(1, O_APPEND);
  EXPECT_EQ(write(one, repeated(3, 1), -1, 0), 3);
  EXPECT_EQ(write(two, repeated(3, 2), -1, 0), 3);
  EXPECT_EQ(write(one, repeated(3, 3), 0, 0), 3);
  EXPECT_EQ(one.position(), 3);
  EXPECT_EQ(two.position(), 6);
  EXPECT_EQ(file.size(), 9);
  EXPECT_EQ(tests::read(file, 3, 6), repeated(3, 3));
}

TEST_F(Flags, NoappendWritesWhereItSays) {
  ref::File appending = volume->open(1, O_APPEND);
  EXPECT_EQ(write(appending, repeated(10, 1), -1, 0), 10);
  EXPECT_EQ(write(appending, repeated(2, 2), 4, ref::kNoappend), 2);
  EXPECT_EQ(file.size(), 10);
  EXPECT_EQ(tests::read(file, 2, 4), repeated(2, 2));
}

TEST_F(Flags, UnknownAndContraryFlagsAreRefusedInThisOrder) {
  EXPECT_EQ(write(file, repeated(1, 1), 0, ref::kAppend | ref::kNoappend), -EINVAL);
  EXPECT_EQ(write(file, repeated(1, 1), 0, ref::kAppend | ref::kNoappend | 1 << 30), -EOPNOTSUPP);
  EXPECT_EQ(read(file, 0, 1 << 30), -EOPNOTSUPP);
  EXPECT_EQ(file.size(), 0);
}

TEST_F(Flags, SyncMakesTheBytesDurableBeforeItReturns) {
  for (const int flag : {ref::kDsync, ref::kSync}) {
    const std::uint64_t flushes = device.flushes;
    EXPECT_EQ(write(file, repeated(1024, flag), 0, flag), 1024);
    EXPECT_EQ(device.flushes, flushes + 1);
    EXPECT_EQ(device.bytes[*file.device_block_of(0) * 1024], std::byte(flag));
  }
  EXPECT_EQ(write(file, repeated(1024, 9), 0, 0), 1024);
  EXPECT_NE(device.bytes[*file.device_block_of(0) * 1024], std::byte{9});
}

TEST_F(Flags, FailedSyncReplacesTheCountAndThePositionStays) {
  device.flush_error = -EIO;
  EXPECT_EQ(write(file, repeated(10, 1), -1, ref::kDsync), -EIO);
  EXPECT_EQ(file.position(), 0);
  EXPECT_EQ(file.size(), 10);
}

TEST_F(Flags, NowaitAnswersEagainInsteadOfReadingTheDevice) {
  EXPECT_EQ(write(file, repeated(8192, 1), 0, 0), 8192);
  EXPECT_EQ(file.fsync(), 0);
  EXPECT_EQ(write(file, repeated(10, 2), 5, ref::kNowait), 10) << "all of it is cached";
  EXPECT_EQ(file.fsync(), 0);
  file.drop_cache();
  const std::uint64_t reads = device.reads;
  EXPECT_EQ(write(file, repeated(10, 3), 5, ref::kNowait), -EAGAIN);
  EXPECT_EQ(read(file, 0, ref::kNowait), -EAGAIN);
  EXPECT_EQ(write(file, repeated(4096 + 10, 4), 0, ref::kNowait), 4096) << "one page is whole";
  EXPECT_EQ(write(file, repeated(10, 5), 20'000, ref::kNowait), 10) << "a hole is not read";
  EXPECT_EQ(device.reads, reads);
  EXPECT_EQ(read(file, 0, ref::kNowait), 1);
  EXPECT_EQ(tests::read(file, 4096, 4096), repeated(4096, 1));
}

TEST_F(Flags, WriteStopsAtTheLimitAndSaysSoOnlyPastIt) {
  volume->caller().fsize_limit = 100;
  EXPECT_EQ(write(file, repeated(200, 1), 40, 0), 60);
  EXPECT_EQ(volume->caller().fsize_signals, 0u);
  EXPECT_EQ(write(file, repeated(1, 1), 100, 0), -EFBIG);
  EXPECT_EQ(volume->caller().fsize_signals, 1u);
  EXPECT_EQ(file.size(), 100);
  EXPECT_EQ(write(file, repeated(1, 1), 0, ref::kAppend), -EFBIG) << "that is where it would be";
  EXPECT_EQ(write(file, {}, 100, 0), 0) << "nothing to write meets no limit";
}

TEST_F(Flags, LimitHoldsForGrowingAndNotForShrinking) {
  EXPECT_EQ(file.ftruncate(200), 0);
  volume->caller().fsize_limit = 100;
  EXPECT_EQ(file.ftruncate(150), 0);
  EXPECT_EQ(volume->caller().fsize_signals, 0u);
  EXPECT_EQ(file.ftruncate(151), -EFBIG);
  EXPECT_EQ(volume->caller().fsize_signals, 1u);
  EXPECT_EQ(file.fallocate(0, 0, 151), -EFBIG);
  EXPECT_EQ(file.fallocate(FALLOC_FL_KEEP_SIZE, 0, 151), 0);
  EXPECT_EQ(file.size(), 150);
}

}  // namespace
}  // namespace quire::tests
