// Each clause of F2FS holds of a step that is right, and breaks for one that is wrong in its way.
#include "spec/linux/f2fs/f2fs.h"
#include "spec/linux/f2fs/reserve.h"
#include "spec/linux/f2fs/write_end.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <cerrno>
#include <set>
#include <string>

namespace quire::tests {
namespace {

using spec::ReserveStage;

/// The names of the clauses that the record breaks.
template <class Record>
std::set<std::string> broken(const Record& record) {
  std::set<std::string> names;
  boost::hana::for_each(clauses_of(record), [&](const auto& clause) {
    if (!clause.holds(record)) names.insert(clause.text.name);
  });
  return names;
}

/// The same after `change` has made the record wrong.
template <class Record, class Change>
std::set<std::string> broken_by(Record record, Change&& change) {
  EXPECT_EQ(broken(record), std::set<std::string>{});
  change(record);
  return broken(record);
}

using Names = std::set<std::string>;

spec::ReserveStep<Number> counted() {
  return {
      spec::number_of(ReserveStage::counters),
      spec::number_of(ReserveStage::quota),
      3,
      3,
      0,
      {10, 20, 5, 5},
      {10, 23, 8, 5}};
}

TEST(F2fsClauses, AReservationMovesFromTheQuotaToTheCountersToTheAddresses) {
  const auto previous = [](ReserveStage stage, ReserveStage before) {
    return [=](auto& step) {
      step = {spec::number_of(stage), spec::number_of(before), 3, 0, 0, {}, {}};
    };
  };
  const Names wrong{"reserves_in_order"};
  EXPECT_EQ(broken_by(counted(), previous(ReserveStage::quota, ReserveStage::counters)), wrong);
  EXPECT_EQ(broken_by(counted(), previous(ReserveStage::counters, ReserveStage::none)), wrong);
  EXPECT_EQ(broken_by(counted(), previous(ReserveStage::addresses, ReserveStage::quota)), wrong);
  EXPECT_EQ(broken_by(counted(), previous(ReserveStage::addresses, ReserveStage::none)), wrong);
  EXPECT_EQ(
      broken_by(counted(), previous(ReserveStage::undo_counters, ReserveStage::counters)), wrong);
  EXPECT_EQ(
      broken_by(counted(), previous(ReserveStage::undo_quota, ReserveStage::addresses)), wrong);
}

TEST(F2fsClauses, AStepMovesItsOwnAccount) {
  const Names wrong{"step_moves_its_own_account"};
  EXPECT_EQ(broken_by(counted(), [](auto& s) { s.after.addresses += 3; }), wrong);
  EXPECT_EQ(broken_by(counted(), [](auto& s) { s.after.owned -= 1; }), wrong);
  EXPECT_EQ(broken_by(counted(), [](auto& s) { s.after.quota += 1; }), wrong);
  EXPECT_EQ(broken_by(counted(), [](auto& s) { s.error = spec::error(ENOSPC); }), wrong);
  EXPECT_EQ(broken_by(counted(), [](auto& s) { s.asked = 2; }), wrong);
}

TEST(F2fsClauses, AReservationThatFailsChangesNothing) {
  const spec::ReserveCall<Number> failed{2, 0, spec::error(ENOSPC), 0, {1, 2, 3, 3}, {1, 2, 3, 3}};
  EXPECT_EQ(
      broken_by(failed, [](auto& c) { c.after.quota = 3; }), Names{"failure_changes_nothing"});
}

TEST(F2fsClauses, AReservationThatSucceedsMovesEveryAccount) {
  const spec::ReserveCall<Number> whole{2, 2, 0, 0, {1, 2, 3, 3}, {3, 4, 5, 5}};
  EXPECT_EQ(
      broken_by(whole, [](auto& c) { c.after.addresses = 4; }),
      Names{"success_moves_all_accounts"});
}

TEST(F2fsClauses, APartIsGrantedOnlyToACallerThatCanUseIt) {
  const spec::ReserveCall<Number> part{4, 2, 0, 1, {1, 2, 3, 3}, {3, 4, 5, 5}};
  EXPECT_EQ(
      broken_by(part, [](auto& c) { c.takes_fewer = 0; }),
      Names{"grants_a_part_only_where_it_serves"});
}

TEST(F2fsClauses, TheLedgerAddsUp) {
  const spec::VolumeLedger<Number> volume{7, 6, 1, 10, 4, 4};
  EXPECT_EQ(
      broken_by(volume, [](auto& l) { l.addresses = 5; }), Names{"valid_blocks_are_the_addresses"});
  EXPECT_EQ(
      broken_by(volume, [](auto& l) { l.user_blocks = 6; }),
      Names{"valid_blocks_are_the_addresses"});
  EXPECT_EQ(
      broken_by(volume, [](auto& l) { l.blocks_in_use = 5; }),
      Names{"blocks_in_use_have_one_address"});
  EXPECT_EQ(
      broken_by(spec::OwnerLedger<Number>{4, 4}, [](auto& l) { l.counted = 3; }),
      Names{"counts_what_is_owned"});
}

TEST(F2fsClauses, AWriteLeavesNoPreallocationBehind) {
  const spec::PreallocatedWrite<Number> cut{3, 9000, 5000, 0, 0};
  EXPECT_EQ(
      broken_by(cut, [](auto& w) { w.past_after = 1; }), Names{"preallocation_is_cut_at_the_end"});
  const spec::PreallocatedWrite<Number> done{3, 5000, 5000, 1, 1};
  EXPECT_EQ(
      broken_by(done, [](auto& w) { w.past_after = 2; }), Names{"preallocation_is_cut_at_the_end"});
  const spec::PreallocatedWrite<Number> rejected{0, 9000, 0, 1, 2};
  EXPECT_EQ(
      broken_by(rejected, [](auto& w) { w.past_after = 3; }), Names{"leaves_at_most_one_block"});
}

TEST(F2fsClauses, AConversionKeepsOneCopyAndNoCheckpointSeesItsMiddle) {
  const spec::InlineConversion<Number> done{1, 1, 4, 4, 0, 0, 1};
  EXPECT_EQ(broken_by(done, [](auto& c) { c.block_written = 0; }), Names{"one_copy_remains"});
  EXPECT_EQ(broken_by(done, [](auto& c) { c.inline_after = 1; }), Names{"one_copy_remains"});
  EXPECT_EQ(broken_by(done, [](auto& c) { c.op_holders = 0; }), Names{"no_checkpoint_within"});
  EXPECT_EQ(
      broken_by(done, [](auto& c) { c.checkpoints_after = 5; }), Names{"no_checkpoint_within"});
  EXPECT_EQ(
      broken_by(spec::CheckpointStep<Number>{0}, [](auto& c) { c.op_holders = 1; }),
      Names{"operations_are_whole"});
}

TEST(F2fsClauses, AnAtomicWriteReservesInItsCowInodeAndCountsOnce) {
  const spec::AtomicReserve<Number> step{2, 4, 0, 1, 9, 9, 5, 6};
  const Names wrong{"atomic_write_takes_cow_blocks"};
  EXPECT_EQ(broken_by(step, [](auto& a) { a.original_after = 10; }), wrong);
  EXPECT_EQ(broken_by(step, [](auto& a) { a.counter_after = 7; }), wrong);
  EXPECT_EQ(broken_by(step, [](auto& a) { a.cow_after = 3; }), wrong);
}

/// The first 100 bytes of page 1, of which all arrive, in a file of 4100.
spec::F2fsWriteEnd<Number> tail_zeroed() {
  return {
      {4096, 4096, 4096, 100, 100, 100, 100, 0, 1, 1, 1, 4096, 4096, {0, 0}, {1, 1}},
      4100,
      4196,
      4196,
      1,
      0,
      1,
      4196};
}

TEST(F2fsClauses, TheCowInodeIsAsLongAsItsFile) {
  EXPECT_EQ(
      broken_by(tail_zeroed(), [](auto& op) { op.cow_size_after = 4100; }),
      Names{"cow_inode_is_as_long"});
}

TEST(F2fsClauses, APageIsFilledOrItsTailIsZeroed) {
  EXPECT_EQ(
      broken_by(tail_zeroed(), [](auto& op) { op.tail_zeroed = 0; }),
      (Names{"edges_are_uptodate_or_zeroed", "marks_uptodate_what_was_written_or_zeroed"}));
  EXPECT_EQ(
      broken_by(
          tail_zeroed(),
          [](auto& op) {
            op.size_before = op.size_at_unlock = op.size_after = op.cow_size_after = 5000;
          }),
      Names{"edges_are_uptodate_or_zeroed"});
  EXPECT_EQ(
      broken_by(
          tail_zeroed(),
          [](auto& op) {
            op.page.after = {0, 1};
            op.page.folio_uptodate = op.page.all_uptodate = 0;
          }),
      (Names{"marks_uptodate_what_was_written_or_zeroed", "dirty_block_is_uptodate"}));
}

TEST(F2fsClauses, TheSizeIsRaisedBeforeTheUnlockExceptInACluster) {
  const auto late = [](auto& op) { op.size_at_unlock = 4100; };
  EXPECT_EQ(broken_by(tail_zeroed(), late), Names{"size_covers_before_unlock_of_page"});
  auto in_cluster = tail_zeroed();
  in_cluster.in_cluster = 1;
  EXPECT_EQ(broken_by(in_cluster, late), Names{});
  EXPECT_EQ(
      broken_by(in_cluster, [](auto& op) { op.size_after = op.cow_size_after = 4195; }),
      (Names{"size_covers_before_unlock_of_page", "size_is_raised_to_the_accepted"}));
}

TEST(F2fsClauses, TheContractsOwnClausesAreAskedToo) {
  EXPECT_EQ(
      broken_by(tail_zeroed(), [](auto& op) { op.page.begun = 101; }), Names{"end_matches_begin"});
  EXPECT_EQ(
      broken_by(tail_zeroed(), [](auto& op) { op.page.folio_dirty = 0; }),
      (Names{"dirty_block_makes_dirty_folio", "size_covers_before_unlock_of_page"}));
  EXPECT_EQ(
      broken_by(tail_zeroed(), [](auto& op) { op.page.copied = 50; }),
      (Names{"short_copy_is_rejected"}));
}

TEST(F2fsClauses, AClusterIsUnlockedPageByPageOnce) {
  const spec::ClusterEnd<Number> end{4, 4, 4, 0, 10, 1, 4};
  const Names wrong{"unlocks_each_page_once"};
  EXPECT_EQ(broken_by(end, [](auto& c) { c.locked = 3; }), wrong);
  EXPECT_EQ(broken_by(end, [](auto& c) { c.unlocks = 5; }), wrong);
  EXPECT_EQ(broken_by(end, [](auto& c) { c.left_locked = 1; }), wrong);
  EXPECT_EQ(broken_by(end, [](auto& c) { c.dirty_after = 3; }), Names{"dirties_the_whole_cluster"});
  EXPECT_EQ(broken_by(end, [](auto& c) { c.copied = 0; }), Names{"dirties_the_whole_cluster"});
}

}  // namespace
}  // namespace quire::tests
