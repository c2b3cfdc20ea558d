// The clauses of calls and writeback that fail detect each violation, and FlushDelivery knows which
// handle has an error to report.
#include "spec/write/failed_call.h"
#include "spec/linux/failed_writeback.h"
#include "tests/ref/doctored.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace quire::tests {
namespace {

using Number = std::uint64_t;
using spec::error;

TEST(FailedCallClauses, DetectLostBlocks) {
  using Books = spec::Books<Number>;
  expect_noticed<Books>(
      {.blocks = 100, .free = 60, .reserved = 10, .mapped = 30, .unmapped = 10},
      {{{"add_up"}, [](Books& b) { b.mapped = 29; }},
       {{"add_up"}, [](Books& b) { b.free = 61; }},
       {{"reservations_back_dirty_blocks"}, [](Books& b) { b.unmapped = 9; }},
       {{"reservations_back_dirty_blocks"}, [](Books& b) { b.unmapped = 11; }}});
}

TEST(FailedCallClauses, DetectACallThatFailsHalfWay) {
  using Call = spec::FailedCall<Number>;
  const Number truncate = static_cast<Number>(spec::FileCall::truncate);
  const Call failed_write{
      .call = static_cast<Number>(spec::FileCall::write),
      .asked_size = 0,
      .result = error(ENOMEM),
      .size_before = 5000,
      .size_after = 5000,
      .position_before = 100,
      .position_after = 100,
      .taken_before = 7,
      .taken_after = 7,
      .bytes_changed = 0,
      .old_bytes = 0,
      .next_result = 10};
  expect_noticed<Call>(
      failed_write,
      {{{"moves_nothing"}, [](Call& c) { c.size_after = 6000; }},
       {{"moves_nothing"}, [](Call& c) { c.size_after = 0; }},
       {{"moves_nothing"}, [](Call& c) { c.position_after = 110; }},
       {{"keeps_bytes"}, [](Call& c) { c.bytes_changed = 1; }},
       {{"bytes_past_the_end_never_return"}, [](Call& c) { c.old_bytes = 1; }},
       {{"takes_no_space"}, [](Call& c) { c.taken_after = 8; }},
       {{"enomem_is_reported_once"}, [](Call& c) { c.next_result = error(ENOMEM); }}});
  Call complete = failed_write;
  complete.call = truncate;
  complete.asked_size = complete.size_after = 0;
  EXPECT_EQ(broken_by(complete), std::set<std::string>{}) << "a truncate that is complete";
  complete.size_after = 100;
  EXPECT_EQ(broken_by(complete), std::set<std::string>{"moves_nothing"});
}

TEST(FailedWritebackClauses, DetectARunThatCountsForAnother) {
  using Run = spec::RunOutcome<Number>;
  expect_noticed<Run>(
      {.blocks = 8,
       .tries = 2,
       .first_result = error(EIO),
       .result = error(EIO),
       .arrived = 0,
       .failed = 8,
       .newly_allocated = 1,
       .readable = 0},
      {{{"counts_as_a_whole"}, [](Run& r) { r.arrived = 8, r.failed = 0; }},
       {{"counts_as_a_whole"}, [](Run& r) { r.arrived = 1, r.failed = 7; }},
       {{"counts_as_a_whole"}, [](Run& r) { r.failed = 9; }},
       {{"failed_run_is_tried_once_more"}, [](Run& r) { r.tries = 3; }},
       {{"failed_run_is_tried_once_more"}, [](Run& r) { r.first_result = 0; }},
       {{"blocks_that_never_arrived_stay_hidden"}, [](Run& r) { r.readable = 1; }}});
  EXPECT_EQ(broken_by(Run{8, 1, 0, 0, 0, 8, 0, 8}), std::set<std::string>{"counts_as_a_whole"})
      << "a run that arrived, next to one that failed";
}

TEST(FailedWritebackClauses, DetectAFlushThatReachesTheWrongFiles) {
  using Flushed = spec::FlushedFile<Number>;
  expect_noticed<Flushed>(
      {.result = error(EIO), .unflushed = 1, .recorded = error(EIO)},
      {{{"failed_flush_reaches_its_files"}, [](Flushed& f) { f.recorded = 0; }},
       {{"failed_flush_reaches_its_files"}, [](Flushed& f) { f.recorded = error(ENOSPC); }},
       {{"flush_blames_no_other_file"}, [](Flushed& f) { f.unflushed = 0; }}});
  using Answer = spec::HandleAnswer<Number>;
  expect_noticed<Answer>(
      {.first = error(EIO), .last = error(ENOSPC), .answer = error(ENOSPC)},
      {{{"handle_reports_its_errors"}, [](Answer& a) { a.answer = 0; }},
       {{"handle_reports_its_errors"}, [](Answer& a) { a.answer = error(ENOMEM); }},
       {{"handle_reports_once"}, [](Answer& a) { a.first = a.last = 0; }}});
}

TEST(ThrottleClauses, DetectAPassThatLeavesTooMuch) {
  using Pass = spec::ThrottlePass<Number>;
  expect_noticed<Pass>(
      {.limit = 8, .dirty_before = 8, .written = 0, .dirty_after = 8, .writable_after = 8},
      {{{"pass_ends_below_the_limit"}, [](Pass& p) { p.dirty_after = 9; }},
       {{"nothing_is_written_below_the_limit"}, [](Pass& p) { p.written = 1; }}});
  EXPECT_EQ(broken_by(Pass{8, 10, 0, 10, 0}), std::set<std::string>{}) << "nothing can be written";
}

/// Two files and three handles, of which file 2 has nothing in the device's cache.
TEST(FlushDelivery, ExpectsAFailedFlushFromEachHandleOnce) {
  spec::FlushDelivery device;
  device.opened(1, 10);
  device.opened(1, 11);
  device.opened(2, 20);
  device.arrived(1);
  EXPECT_EQ(device.flush_of(1, error(EIO), 0).unflushed, 1u);
  EXPECT_EQ(device.flush_of(2, error(EIO), 0).unflushed, 0u);
  device.flushed(error(EIO));
  EXPECT_EQ(device.fsync_answered(2, 20, 0).last, 0u);
  EXPECT_EQ(device.fsync_answered(1, 10, 0).last, error(EIO));
  EXPECT_EQ(device.fsync_answered(1, 10, 0).last, 0u) << "once";
  EXPECT_EQ(device.fsync_answered(1, 11, 0).last, error(EIO)) << "each handle";
  device.opened(1, 12);
  EXPECT_EQ(device.fsync_answered(1, 12, 0).last, 0u) << "other handles have reported it (ES-3)";
}

TEST(FlushDelivery, KeepsDataUnflushedUntilAFlushSucceeds) {
  spec::FlushDelivery device;
  device.opened(1, 10);
  device.arrived(1);
  device.flushed(error(EIO));
  device.fsync_answered(1, 10, 0);
  device.flushed(error(EIO));
  EXPECT_EQ(device.fsync_answered(1, 10, 0).last, error(EIO));
  device.flushed(0);
  device.flushed(error(EIO));
  EXPECT_EQ(device.fsync_answered(1, 10, 0).last, 0u);
}

TEST(FlushDelivery, ExpectsAnUnreportedErrorFromALaterHandle) {
  spec::FlushDelivery device;
  device.write_failed(1, error(EIO));
  device.write_failed(1, error(ENOSPC));
  device.opened(1, 10);
  const auto record = device.fsync_answered(1, 10, 0);
  EXPECT_EQ(record.last, error(ENOSPC));
  device.opened(1, 11);
  device.write_failed(1, error(EIO));
  device.write_failed(1, error(ENOSPC));
  EXPECT_EQ(device.fsync_answered(1, 11, 0).first, error(EIO));
}

}  // namespace
}  // namespace quire::tests
