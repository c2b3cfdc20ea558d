// The checker's own account of errors: each handle reports each error once.
#include "props/differential/error_ledger.h"

#include "props/lockstep/block_ranges.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace quire::props {
namespace {

TEST(ErrorLedger, EachOpenHandleReportsAnErrorOnce) {
  ErrorLedger ledger;
  ledger.opened(0, 0);
  ledger.opened(0, 1);
  ledger.met(0, -EIO);
  EXPECT_TRUE(ledger.answers(0, 0, -EIO, 0));
  EXPECT_FALSE(ledger.answers(0, 0, -EIO, 0)) << "a second time";
  EXPECT_FALSE(ledger.answers(0, 1, 0, 0)) << "the other handle has to, too";
}

TEST(ErrorLedger, TheLastErrorCountsAndLaterHandlesSeeWhatNoneHasReported) {
  ErrorLedger ledger;
  ledger.opened(0, 0);
  ledger.met(0, -EIO);
  ledger.met(0, -ENOSPC);
  ledger.opened(0, 1);
  EXPECT_EQ(ledger.owed(0, 1).last, -ENOSPC);
  EXPECT_TRUE(ledger.answers(0, 0, -ENOSPC, 0));
  ledger.opened(0, 2);
  EXPECT_EQ(ledger.owed(0, 2).last, 0) << "it has been reported";
}

TEST(ErrorLedger, AFailedFlushIsOfTheFilesWithUnflushedDataAlone) {
  ErrorLedger ledger;
  for (const std::uint64_t file : {0u, 1u, 2u}) ledger.opened(file, 0);
  ledger.arrived(0);
  ledger.flushed(0, true);
  ledger.arrived(1);
  ledger.flushed(-EIO, true);
  EXPECT_TRUE(ledger.answers(0, 0, 0, 0));
  EXPECT_TRUE(ledger.answers(1, 0, -EIO, 0));
  EXPECT_TRUE(ledger.answers(2, 0, -ENOMEM, -ENOMEM)) << "what this call alone met";
}

TEST(ErrorLedger, AnErrorOfOneOfTwoFilesMayBeReportedByEither) {
  ErrorLedger ledger;
  for (const std::uint64_t file : {0u, 1u}) {
    ledger.opened(file, 0);
    ledger.may_have_met(file, -EIO);
  }
  EXPECT_TRUE(ledger.answers(0, 0, -EIO, 0));
  EXPECT_TRUE(ledger.answers(1, 0, 0, 0));
  EXPECT_FALSE(ledger.answers(1, 0, -EIO, 0));
}

TEST(BlockRanges, AreASet) {
  BlockRanges set;
  set.add(3, 5);
  set.add(8, 9);
  set.add(5, 8);
  set.remove(4, 6);
  std::vector<std::uint64_t> members;
  set.for_each([&](std::uint64_t n) { members.push_back(n); });
  EXPECT_EQ(members, (std::vector<std::uint64_t>{3, 6, 7, 8}));
  EXPECT_TRUE(set.contains(3));
  EXPECT_FALSE(set.contains(5));
  set.remove(0, 100);
  EXPECT_TRUE(set.empty());
}

}  // namespace
}  // namespace quire::props
