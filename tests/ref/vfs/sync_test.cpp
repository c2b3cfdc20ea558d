// The end of a synchronous write.
#include "ref/vfs/sync.h"

#include "tests/ref/breaks.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::tests {
namespace {

using Sync = spec::WriteSync<Number>;
using Names = std::set<std::string>;

/// Ends a write of `written` bytes that ended at `pos_after`; the device answers `error`.
Sync ended(Number dsync, Number full, Number written, Number pos_after, Number error = 0) {
  Sync s{};
  s.dsync = dsync, s.full = full, s.written = written, s.pos_after = pos_after;
  ref::vfs::generic_write_sync(s, [&](Number, Number, Number) { return error; });
  EXPECT_EQ(broken_clauses(s), Names{}) << describe(s);
  return s;
}

TEST(WriteSync, SyncsTheRangeCountedBackFromTheEnd) {
  const Sync s = ended(1, 0, 10, 110);
  EXPECT_EQ(s.from, 100u);
  EXPECT_EQ(s.last, 109u);
  EXPECT_EQ(s.data_only, 1u);
  EXPECT_EQ(s.result, 10u);
}

TEST(WriteSync, SyncsNothingWithoutAFlag) {
  EXPECT_EQ(ended(0, 0, 10, 110).synced, 0u);
  EXPECT_EQ(ended(1, 1, 0, 110).synced, 0u);
  EXPECT_EQ(ended(1, 1, spec::error(ENOSPC), 110).result, spec::error(ENOSPC));
}

TEST(WriteSync, AnswersTheErrorInsteadOfTheCount) {
  const Sync s = ended(1, 1, 10, 10, spec::error(EIO));
  EXPECT_EQ(s.data_only, 0u);
  EXPECT_EQ(s.result, spec::error(EIO));
}

TEST(WriteSyncClauses, NoticeRecordsThatBreakThem) {
  const Sync fine = ended(1, 0, 10, 110);
  const auto broken = [&](auto&& doctor) {
    Sync s = fine;
    doctor(s);
    return broken_clauses(s);
  };
  EXPECT_EQ(broken([](Sync& s) { s.from = 0, s.last = 9; }), Names{"syncs_what_was_written"});
  EXPECT_EQ(broken([](Sync& s) { s.synced = 0; }), Names{"syncs_what_was_written"});
  EXPECT_EQ(broken([](Sync& s) { s.dsync = 0; }), Names{"syncs_what_was_written"});
  EXPECT_EQ(broken([](Sync& s) { s.full = 1; }), Names{"full_sync_is_asked_for"});
  EXPECT_EQ(
      broken([](Sync& s) { s.error = spec::error(EIO); }), Names{"sync_error_replaces_the_count"});
  EXPECT_EQ(broken([](Sync& s) { s.iolock = 1; }), Names{"syncs_without_the_iolock"});
}

}  // namespace
}  // namespace quire::tests
