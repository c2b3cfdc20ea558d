// Each clause about XFS accepts a sound record, and refuses one that breaks its sentence alone.
#include "spec/linux/prealloc.h"
#include "spec/linux/space.h"
#include "spec/linux/xfs/begin.h"
#include "spec/reflect.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <cerrno>
#include <cstdint>
#include <set>
#include <string>

namespace quire {
namespace {

using Number = std::uint64_t;
using Names = std::set<std::string>;

template <class Record>
Names broken_by(const Record& record) {
  Names names;
  boost::hana::for_each(clauses_of(record), [&](const auto& clause) {
    if (!clause.holds(record)) names.insert(clause.text.name);
  });
  return names;
}

/// The clauses that the record breaks after `change`.
template <class Record, class Change>
Names broken(Record record, Change change) {
  change(record);
  return broken_by(record);
}

const spec::PreallocFacts<Number> kGrowing{
    .fixed = 0,
    .block_shift = 12,
    .file_size = 1 << 20,
    .file_size_max = ~Number{0} >> 1,
    .allocsize = 16,
    .stripe = 0,
    .has_previous = 1,
    .hole_before = 0,
    .base = 256,
    .pos = 1 << 20,
    .count = 4096,
    .free = 100000,
    .low_space = spec::low_space_of(Number{1000}),
    .quota = {.blocks = 512, .shift = 0, .free = 100000}};

TEST(XfsClauses, PreallocationIsTheRuleAndWithinLimits) {
  const spec::Prealloc<Number> sound{kGrowing, 1, 512, 511};
  EXPECT_EQ(broken_by(sound), Names{});
  EXPECT_EQ(broken(sound, [](auto& r) { r.size = 256; }), Names{"is_the_rule"});
  EXPECT_EQ(broken(sound, [](auto& r) { r.blocks = 512; }), Names{"is_the_rule"});
  EXPECT_EQ(broken(sound, [](auto& r) { r.at_end = 0; }), Names{"only_where_the_file_grows"});
  EXPECT_TRUE(broken(sound, [](auto& r) {
                r.facts.file_size = 2 << 20;
              }).contains("only_where_the_file_grows"));
  EXPECT_TRUE(broken(sound, [](auto& r) {
                r.facts.file_size_max = (1 << 20) + 8192;
              }).contains("stays_in_limits"));
  EXPECT_TRUE(broken(sound, [](auto& r) { r.size = 1 << 21; }).contains("stays_in_limits"));
  EXPECT_TRUE(broken(sound, [](auto& r) { r.facts.free = 512; }).contains("yields_to_scarcity"));
}

const spec::Reservation<Number> kReserved{
    .asked_from = 10,
    .asked_count = 4,
    .prealloc = 4,
    .previous_end = 10,
    .next_start = ~Number{0},
    .error = 0,
    .from = 10,
    .count = 8,
    .index_blocks = 5,
    .tagged = 1,
    .free_before = 100,
    .free_after = 87,
    .has_quota = 1,
    .quota_room = 50,
    .quota_least = 8,
    .quota_most = 8,
    .need = 4,
    .need_index = 5};

TEST(XfsClauses, AReservationIsPaidAndStaysInItsGap) {
  EXPECT_EQ(broken_by(kReserved), Names{});
  const auto with = [](auto change) { return broken(kReserved, change); };
  EXPECT_EQ(with([](auto& r) { r.next_start = 17; }), Names{"stays_in_the_gap"});
  EXPECT_EQ(with([](auto& r) { r.previous_end = 11; }), Names{"stays_in_the_gap"});
  EXPECT_EQ(with([](auto& r) { r.need = 9; }), Names{"serves_the_request"});
  EXPECT_EQ(with([](auto& r) { r.free_after = 88; }), Names{"is_paid_or_undone"});
  EXPECT_EQ(with([](auto& r) { r.quota_most = 9; }), Names{"is_paid_or_undone"});
  EXPECT_EQ(with([](auto& r) { r.tagged = 0; }), Names{"surplus_is_known_to_gc"});
}

TEST(XfsClauses, AReservationFailsOnlyWithoutRoomForTheRequestAlone) {
  spec::Reservation<Number> failed = kReserved;
  failed.error = spec::error(ENOSPC);
  failed.free_before = failed.free_after = 8;
  failed.quota_least = failed.quota_most = 0;
  EXPECT_EQ(broken_by(failed), Names{});
  EXPECT_EQ(
      broken(failed, [](auto& r) { r.free_before = r.free_after = 9; }),
      Names{"prealloc_fails_no_write"});
  EXPECT_EQ(
      broken(failed, [](auto& r) { r.error = spec::error(EDQUOT); }),
      Names{"prealloc_fails_no_write"});
  EXPECT_EQ(
      broken(failed, [](auto& r) { r.quota_least = r.quota_most = 4; }),
      Names{"is_paid_or_undone"});
}

TEST(XfsClauses, TheAccountsAddUp) {
  const spec::SpaceLedger<Number> space{100, 50, 30, 30, 15, 5};
  EXPECT_EQ(broken_by(space), Names{});
  EXPECT_EQ(broken(space, [](auto& r) { ++r.free; }), Names{"adds_up"});
  EXPECT_EQ(broken(space, [](auto& r) { --r.indexing; }), Names{"adds_up"});
  EXPECT_EQ(broken(space, [](auto& r) { --r.owned; }), Names{"has_owners"});
  const spec::FileLedger<Number> file{7, 3, 4, 9, 9};
  EXPECT_EQ(broken_by(file), Names{});
  EXPECT_EQ(broken(file, [](auto& r) { ++r.cow_blocks; }), Names{"file_counts_what_it_has"});
  EXPECT_EQ(broken(file, [](auto& r) { ++r.real_blocks; }), Names{"file_counts_what_it_has"});
  const spec::QuotaLedger<Number> quota{9, 16, 9, 7};
  EXPECT_EQ(broken_by(quota), Names{});
  EXPECT_EQ(broken(quota, [](auto& r) { --r.reserved; }), Names{"quota_counts_its_files"});
  EXPECT_EQ(broken(quota, [](auto& r) { --r.real_blocks; }), Names{"quota_counts_its_files"});
}

TEST(XfsClauses, AChangeOfDelayedExtentsPromisesNoMore) {
  const spec::DelayedChange<Number> change{10, 3, 8, 2, 2, 3};
  EXPECT_EQ(broken_by(change), Names{});
  EXPECT_EQ(broken(change, [](auto& r) { ++r.given_back; }), Names{"promises_no_more"});
  EXPECT_EQ(broken(change, [](auto& r) { r.index_worst = 1; }), Names{"promises_no_more"});
}

constexpr Number bit(Number rank) { return Number{1} << rank; }

TEST(XfsClauses, AMappingIsNewWhereThisBeginReserved) {
  const spec::XfsBegin<Number> sound{
      .pos = 5000,
      .length = 100,
      .mapping_pos = 4096,
      .mapping_end = 8192,
      .is_new = 1,
      .is_shared = 0,
      .in_cow_fork = 0,
      .reserved_pos = 4096,
      .reserved_end = 8192,
      .keeps_hole = 0,
      .faults = 0,
      .over_hole = 1,
      .dquots_attached = 1,
      .cookie_under_ilock = 1,
      .held_after = bit(spec::rank_of<spec::Iolock>)};
  EXPECT_EQ(broken_by(sound), Names{});
  const auto with = [&](auto change) { return broken(sound, change); };
  EXPECT_EQ(with([](auto& r) { r.is_new = 0; }), Names{"new_is_what_was_reserved"});
  EXPECT_EQ(with([](auto& r) { r.reserved_end = 4096; }), Names{"new_is_what_was_reserved"});
  EXPECT_EQ(with([](auto& r) { r.mapping_pos = 0; }), Names{"new_is_what_was_reserved"});
  EXPECT_EQ(with([](auto& r) { r.is_shared = 1; }), Names{"shared_means_cow_fork"});
  EXPECT_EQ(with([](auto& r) { r.in_cow_fork = 1; }), Names{"shared_means_cow_fork"});
  EXPECT_EQ(with([](auto& r) { r.cookie_under_ilock = 0; }), Names{"cookie_is_read_under_ilock"});
  EXPECT_EQ(with([](auto& r) { r.dquots_attached = 0; }), Names{"dquots_come_before_ilock"});
  EXPECT_EQ(
      with([](auto& r) { r.held_after |= bit(spec::rank_of<spec::BlockMapLock>); }),
      Names{"mapping_is_answered_unlocked"});
  const auto lock_invalidate = [](auto& r) {
    r.held_after |= bit(spec::rank_of<spec::InvalidateLock>);
  };
  EXPECT_EQ(with(lock_invalidate), Names{"invalidate_lock_goes_with_the_call"});
  EXPECT_EQ(with([](auto& r) { r.faults = 1; }), Names{"invalidate_lock_goes_with_the_call"});
  EXPECT_EQ(
      with([](auto& r) { r.keeps_hole = 1, r.reserved_end = r.reserved_pos, r.is_new = 0; }),
      Names{"invalidate_lock_goes_with_the_call"});
  EXPECT_EQ(
      with([&](auto& r) { lock_invalidate(r), r.keeps_hole = 1; }),
      Names{"zeroing_takes_no_space_for_a_hole"});
}

TEST(XfsClauses, ADelayedExtentIsAllocatedUnwritten) {
  const Number held =
      bit(spec::rank_of<spec::BlockMapLock>) | bit(spec::rank_of<spec::Transaction>);
  const spec::DelayedConversion<Number> sound{10, 5, 10, 3, 1, held};
  EXPECT_EQ(broken_by(sound), Names{});
  const auto with = [&](auto change) { return broken(sound, change); };
  EXPECT_EQ(with([](auto& r) { r.unwritten = 0; }), Names{"delayed_becomes_unwritten"});
  EXPECT_EQ(with([](auto& r) { r.from = 11; }), Names{"converts_from_the_start"});
  EXPECT_EQ(with([](auto& r) { r.count = 6; }), Names{"converts_from_the_start"});
  EXPECT_EQ(
      with([](auto& r) { r.held = bit(spec::rank_of<spec::BlockMapLock>); }),
      Names{"converts_in_a_transaction"});
}

TEST(XfsClauses, CompletionChangesExtentsThenTheSize) {
  const spec::Completion<Number> sound{
      .pos = 4096,
      .length = 4096,
      .device_error = 0,
      .error = 0,
      .is_shared = 1,
      .unready_blocks = 0,
      .cow_left = 0,
      .delayed_left = 0,
      .file_size = 8000,
      .disk_size_before = 4096,
      .disk_size_after = 8000};
  EXPECT_EQ(broken_by(sound), Names{});
  const auto with = [&](auto change) { return broken(sound, change); };
  EXPECT_EQ(with([](auto& r) { r.unready_blocks = 1; }), Names{"extents_before_size"});
  EXPECT_EQ(with([](auto& r) { r.disk_size_after = 8192; }), Names{"disk_size_follows_the_data"});
  EXPECT_EQ(with([](auto& r) { r.disk_size_after = 4096; }), Names{"disk_size_follows_the_data"});
  EXPECT_EQ(with([](auto& r) { r.cow_left = 1; }), Names{"finished_copy_is_remapped"});
  spec::Completion<Number> failed = sound;
  failed.device_error = failed.error = spec::error(EIO);
  failed.disk_size_after = 4096;
  EXPECT_EQ(broken_by(failed), Names{});
  const auto with_failed = [&](auto change) { return broken(failed, change); };
  EXPECT_EQ(
      with_failed([](auto& r) { r.disk_size_after = 8000; }), Names{"disk_size_follows_the_data"});
  EXPECT_EQ(with_failed([](auto& r) { r.cow_left = 1; }), Names{"failed_copy_is_cancelled"});
  EXPECT_EQ(with_failed([](auto& r) { r.delayed_left = 1; }), Names{"failed_copy_is_cancelled"});
  EXPECT_TRUE(with_failed([](auto& r) { r.error = 0; }).contains("device_error_is_returned"));
}

TEST(XfsClauses, BlockGcRunsUnlockedAndTakesSurplusOnly) {
  const spec::BlockGcScan<Number> scan{bit(spec::rank_of<spec::PositionLock>)};
  EXPECT_EQ(broken_by(scan), Names{});
  for (const Number rank :
       {spec::rank_of<spec::Iolock>, spec::rank_of<spec::InvalidateLock>,
        spec::rank_of<spec::BlockMapLock>}) {
    EXPECT_EQ(broken(scan, [&](auto& r) { r.held |= bit(rank); }), Names{"runs_unlocked"});
  }
  const spec::BlockGcFile<Number> file{100, 100, 5, 5, 1, 3, 3};
  EXPECT_EQ(broken_by(file), Names{});
  EXPECT_EQ(broken(file, [](auto& r) { r.below_after = 4; }), Names{"takes_only_surplus"});
  EXPECT_EQ(broken(file, [](auto& r) { r.size_after = 90; }), Names{"takes_only_surplus"});
  EXPECT_EQ(broken(file, [](auto& r) { r.cow_after = 0; }), Names{"takes_only_surplus"});
}

}  // namespace
}  // namespace quire
