// The judge of the suites fails a subject for each of its checks beyond single clauses, and judges
// every kind of record by its clauses.
#include "props/judge/judge.h"

#include "spec/locks/order.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace quire::props {
namespace {

using Number = std::uint64_t;
constexpr Number kFolio = spec::rank_of<spec::FolioLock>, kIolock = spec::rank_of<spec::Iolock>;

std::string source_of(const Judge& judge) {
  return judge.failure() ? judge.failure()->source : "no failure";
}

TEST(Judge, FailsADropOfALockThatIsNotHeld) {
  Judge judge("impl", nullptr, nullptr);
  judge.lock_wanted(kFolio, 4096);
  judge.lock_taken(kFolio, 4096);
  judge.lock_dropped(kFolio, 4096);
  EXPECT_EQ(source_of(judge), "no failure");
  judge.lock_dropped(kFolio, 4096);
  EXPECT_EQ(source_of(judge), "LK-1");
}

TEST(Judge, FailsALockThatIsWaitedForAgainstTheOrder) {
  Judge judge("impl", nullptr, nullptr);
  judge.lock_taken(kFolio, 0);
  judge.lock_wanted(kIolock, 0);
  EXPECT_NE(source_of(judge).find("LK-1"), std::string::npos);
}

TEST(Judge, FailsAWriteThatLeavesAFolioLocked) {
  Judge judge("impl", nullptr, nullptr);
  const spec::LoopCall<Number> nothing{
      0, 1, {0, 4096, 0, 0, spec::error(EFAULT)}, 1, spec::error(EFAULT), 0};
  judge.loop_call(nothing);
  EXPECT_EQ(source_of(judge), "no failure");
  judge.lock_taken(kFolio, 0);
  judge.loop_call(nothing);
  EXPECT_EQ(source_of(judge), "GPW-7");
}

TEST(Judge, StopsAWriteThatDoesNotEnd) {
  Judge judge("impl", nullptr, nullptr);
  judge.write_begins(4096);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(judge.wants_stop());
  for (int i = 0; i < 50; ++i) judge.wants_stop();
  EXPECT_TRUE(judge.wants_stop());
  EXPECT_EQ(source_of(judge), "O6, GPW-9");
}

/// The failure that a new judge finds in the steps of `record`.
template <class Record>
std::string after(Record record) {
  Judge judge("impl", nullptr, nullptr);
  record(judge);
  return judge.failure() ? judge.failure()->expected : "nothing";
}

TEST(Judge, AsksTheClausesOfEveryKindOfRecord) {
  EXPECT_EQ(
      after([](Judge& j) {
        j.attempt({{0, 4096, 0, 0, 0}, 10, 10, 0, 10, 10, 10, 0, 0, 0, 0, {9, 4096, 0, 9, 0}, 0});
      }),
      "write_loop.byte_ledger");
  EXPECT_EQ(
      after([](Judge& j) {
        j.loop_call({0, 1, {0, 4096, 0, 1, 0}, 1, 1, 1});
      }),
      "write_loop.partial_progress_hides_errors");
  EXPECT_EQ(
      after([](Judge& j) {
        j.write_end({0, 4096, 0, 100, 100, 50, 50, 0, 0, 0, 1, 0, 4096, {1, 0}, {1, 1}});
      }),
      "write_end.short_copy_is_rejected");
  EXPECT_EQ(
      after([](Judge& j) {
        j.error_event({spec::ErrorAction::check, 0, 0, 0, 0, 0, 1});
      }),
      "errseq.bystanders_consume_nothing");
  EXPECT_EQ(after([](Judge& j) { j.step(spec::Books<Number>{4, 1, 1, 1, 1}); }), "books.add_up");
  EXPECT_EQ(
      after([](Judge& j) {
        j.write_end({0, 4096, 0, 100, 100, 100, 100, 1, 1, 1, 1, 0, 4096, {1, 0}, {1, 1}});
        j.folio_unlock(0, 99, true);
      }),
      "write_end.size_covers_before_unlock");
}

}  // namespace
}  // namespace quire::props
