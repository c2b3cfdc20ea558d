// Each handle reports each error once, whatever the threads do.
#include "impl/file/errseq.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <random>
#include <thread>
#include <vector>

namespace quire::impl {
namespace {

TEST(ErrSeq, ReturnsAnErrorOnceToEachCursor) {
  ErrSeq errors;
  ErrSeq::Cursor a = errors.open(), b = errors.open();
  EXPECT_EQ(errors.check_and_advance(a), 0);
  errors.set(-EIO);
  EXPECT_EQ(errors.check_and_advance(a), -EIO);
  EXPECT_EQ(errors.check_and_advance(a), 0);
  EXPECT_EQ(errors.check_and_advance(b), -EIO);
  errors.set(-EIO);
  EXPECT_EQ(errors.check_and_advance(b), -EIO) << "the same errno again is another error";
  EXPECT_EQ(errors.check_and_advance(a), -EIO);
}

TEST(ErrSeq, AnswerThatIsNoErrnoCountsAsEio) {
  for (const int answer : {7, -4096, -100'000}) {
    ErrSeq errors;
    ErrSeq::Cursor cursor = errors.open();
    errors.set(answer);
    EXPECT_EQ(errors.check_and_advance(cursor), -EIO) << answer;
    EXPECT_EQ(errors.check_and_advance(cursor), 0);
  }
}

TEST(ErrSeq, AgreesWithAModelThatListsTheErrorsOfEachCursor) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    ErrSeq errors;
    std::vector<ErrSeq::Cursor> cursors;
    std::vector<int> owed;
    int unseen = 0;
    for (int step = 0; step < 300; ++step) {
      const std::size_t who = cursors.empty() ? 0 : random() % cursors.size();
      switch (random() % 4) {
        case 0:
          cursors.push_back(errors.open());
          owed.push_back(unseen);
          break;
        case 1:
          unseen = random() % 2 == 0 ? -EIO : -ENOSPC;
          errors.set(unseen);
          owed.assign(owed.size(), unseen);
          break;
        default:
          if (cursors.empty()) break;
          ASSERT_EQ(errors.check_and_advance(cursors[who]), owed[who])
              << "seed " << seed << " step " << step;
          if (owed[who] != 0) unseen = 0;
          owed[who] = 0;
      }
    }
  }
}

TEST(ErrSeq, ThreadsWithCursorsOfTheirOwnMissNothing) {
  constexpr int kRounds = 20'000;
  ErrSeq errors;
  std::vector<std::thread> readers;
  std::vector<int> reports(3);
  std::atomic<bool> over{false};
  for (int& count : reports) {
    readers.emplace_back([&, cursor = errors.open()]() mutable {
      while (!over.load()) count += errors.check_and_advance(cursor) != 0 ? 1 : 0;
      count += errors.check_and_advance(cursor) != 0 ? 1 : 0;
      EXPECT_EQ(errors.check_and_advance(cursor), 0);
    });
  }
  for (int round = 0; round < kRounds; ++round) errors.set(-EIO);
  ErrSeq::Cursor cursor = errors.open();
  errors.set(-ENOSPC);
  EXPECT_EQ(errors.check_and_advance(cursor), -ENOSPC);
  over = true;
  for (std::thread& reader : readers) reader.join();
  for (const int count : reports) {
    EXPECT_LE(1, count);
    EXPECT_LE(count, kRounds + 1);
  }
}

}  // namespace
}  // namespace quire::impl
