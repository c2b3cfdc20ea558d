// A word of errors: each descriptor sees an error exactly once, and the limits of that.
#include "ref/cache/errseq.h"

#include "ref/cache/mapping_errors.h"
#include "spec/word.h"
#include "tests/ref/judge.h"
#include "tests/ref/strict_word.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>
#include <vector>

namespace quire::tests {
namespace {

TEST(ErrSeq, StartsWithoutAnError) {
  ref::ErrSeq word;
  std::uint64_t since = word.sample();
  EXPECT_EQ(word.value(), 0u);
  EXPECT_EQ(since, 0u);
  EXPECT_EQ(word.check_and_advance(since), 0);
  EXPECT_EQ(word.value(), 0u);
}

TEST(ErrSeq, EachCursorSeesAnErrorOnce) {
  ref::ErrSeq word;
  std::uint64_t a = word.sample(), b = word.sample();
  word.set(-EIO);
  EXPECT_EQ(word.check(a), -EIO);
  EXPECT_EQ(word.check_and_advance(a), -EIO);
  EXPECT_EQ(word.check_and_advance(a), 0);
  EXPECT_EQ(word.check_and_advance(b), -EIO);
  EXPECT_EQ(word.check_and_advance(b), 0);
  word.set(-EIO);
  EXPECT_EQ(word.check_and_advance(a), -EIO) << "the same errno again is another error";
}

TEST(ErrSeq, NewCursorSeesOnlyAnErrorThatNoneHasSeen) {
  ref::ErrSeq word;
  word.set(-ENOSPC);
  std::uint64_t first = word.sample(), second = word.sample();
  EXPECT_EQ(word.check_and_advance(first), -ENOSPC);
  std::uint64_t late = word.sample();
  EXPECT_EQ(word.check_and_advance(late), 0);
  EXPECT_EQ(word.check_and_advance(second), -ENOSPC);
}

TEST(ErrSeq, UnseenErrorsCollapseIntoTheLast) {
  ref::ErrSeq word;
  std::uint64_t since = word.sample();
  word.set(-EIO);
  const std::uint64_t value = word.value();
  word.set(-EIO);
  EXPECT_EQ(word.value(), value);
  word.set(-ENOSPC);
  EXPECT_EQ(word.check_and_advance(since), -ENOSPC);
  EXPECT_EQ(word.check_and_advance(since), 0);
}

TEST(ErrSeq, IgnoresNumbersThatAreNoError) {
  Judge judge;
  ref::NotedErrSeq word(&judge, 1);
  word.set(-EIO);
  const std::uint64_t value = word.value();
  for (const int error : {0, 1, EIO, -4096, -5000}) word.set(error);
  EXPECT_EQ(word.value(), value);
  word.set(-4095);
  ref::ErrorCursor cursor = word.open();
  EXPECT_EQ(word.check_and_advance(cursor), -4095);
}

TEST(ErrSeq, CursorMissesAnErrorOnlyAfterAFullTurnOfTheCounter) {
  Judge judge;
  ref::NotedErrSeq word(&judge, 1);
  ref::ErrorCursor other = word.open();
  word.set(-EIO);
  EXPECT_EQ(word.check_and_advance(other), -EIO);
  ref::ErrorCursor sleeper = word.open();
  for (std::uint64_t round = 1; round < spec::kErrorRounds; ++round) {
    word.set(-EIO);
    EXPECT_EQ(word.check_and_advance(other), -EIO);
    ASSERT_NE(word.value(), sleeper.since) << round;
  }
  EXPECT_LE(word.value(), 0xffffffffu);
  word.set(-EIO);
  EXPECT_EQ(word.check_and_advance(other), -EIO);
  EXPECT_EQ(word.check_and_advance(sleeper), 0) << "the counter has wrapped";
}

TEST(ErrSeq, AnyStepsKeepTheClauses) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    Judge judge;
    ref::NotedErrSeq volume(&judge, ref::kVolumeErrors);
    ref::MappingErrors errors(volume, &judge, 7);
    std::vector<ref::ErrorCursor> cursors;
    for (int step = 0; step < 300 && !testing::Test::HasFailure(); ++step) {
      switch (random() % 6) {
        case 0: cursors.push_back(errors.open()); break;
        case 1: errors.set(random() % 2 == 0 ? -EIO : -ENOSPC); break;
        case 2: errors.check_and_clear(); break;
        case 3: errors.check_and_keep(); break;
        default:
          if (!cursors.empty()) errors.check_and_advance(cursors[random() % cursors.size()]);
      }
    }
    EXPECT_GT(judge.errors_judged, 200u);
  }
}

TEST(ErrSeq, TransitionsNeedNoBools) {
  const StrictWord word = ref::errseq_set(StrictWord{0}, StrictWord{EIO});
  EXPECT_EQ(ref::errseq_sample(word).value, 0u);
  EXPECT_EQ(ref::errseq_check(word, StrictWord{0}).value, spec::error(EIO));
  EXPECT_EQ(ref::errseq_advance(word, StrictWord{0}).value, EIO | ref::kErrseqSeen);
}

TEST(MappingErrors, FlagsAreForThoseWithoutADescriptor) {
  Judge judge;
  ref::NotedErrSeq volume(&judge, ref::kVolumeErrors);
  ref::MappingErrors errors(volume, &judge, 7);
  ref::ErrorCursor file = errors.open(), whole = volume.open();
  errors.set(-ENOSPC);
  EXPECT_EQ(errors.check_and_keep(), -ENOSPC);
  EXPECT_EQ(errors.check_and_clear(), -ENOSPC);
  EXPECT_EQ(errors.check_and_clear(), 0);
  errors.set(-ENOMEM);
  EXPECT_EQ(errors.check_and_keep(), -EIO) << "the flags know two errors only";
  EXPECT_EQ(errors.check_and_advance(file), -ENOMEM) << "the other checks have not advanced it";
  EXPECT_EQ(errors.check_and_clear(), 0) << "fsync has cleared the flags";
  EXPECT_EQ(volume.check_and_advance(whole), -ENOMEM);
}

}  // namespace
}  // namespace quire::tests
