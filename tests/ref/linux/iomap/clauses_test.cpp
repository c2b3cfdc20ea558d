// Each clause of iomap accepts a sound step, and refuses one that breaks it.
#include "tests/ref/doctored.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace quire::tests {
namespace {

using Number = std::uint64_t;

constexpr Number kMapped = static_cast<Number>(spec::MappingKind::mapped);
constexpr Number kDelalloc = static_cast<Number>(spec::MappingKind::delalloc);

TEST(IomapClauses, NoticeAMappingThatIsElsewhere) {
  using Begin = spec::IomapBegin<Number>;
  const Begin good{
      .pos = 5000,
      .length = 100,
      .map_pos = 4096,
      .map_length = 8192,
      .kind = kMapped,
      .has_device_pos = 1,
      .is_new = 0,
      .is_shared = 1,
      .stale = 0,
      .source_kind = kMapped,
      .source_pos = 4096,
      .source_length = 4096};
  expect_noticed<Begin>(
      good, {{{"mapping_covers_the_position"}, [](Begin& b) { b.map_pos = 5001; }},
             {{"mapping_covers_the_position"}, [](Begin& b) { b.map_length = 904; }},
             {{"mapping_covers_the_position"}, [](Begin& b) { b.map_length = 0; }},
             {{"mapping_is_not_stale"}, [](Begin& b) { b.stale = 1; }},
             {{"source_covers_the_position"}, [](Begin& b) { b.source_length = 904; }},
             {{"device_pos_fits_the_kind"}, [](Begin& b) { b.has_device_pos = 0; }},
             {{"device_pos_fits_the_kind"}, [](Begin& b) { b.kind = kDelalloc; }}});
}

TEST(IomapClauses, NoticeAWrongIteration) {
  using Iteration = spec::IomapIteration<Number>;
  const Iteration good{
      .before = {4096, 10'000, 0},
      .begin_error = 0,
      .map_end = 8192,
      .source_end = 6144,
      .length = 2048,
      .advanced = 1000,
      .body_status = 0,
      .stale = 0,
      .ends = 1,
      .end_pos = 4096,
      .end_length = 2048,
      .end_written = 1000,
      .end_error = 0,
      .goes_on = 1,
      .after = {5096, 9000, 0}};
  const Number eio = spec::error(EIO);
  expect_noticed<Iteration>(
      good, {{{"one_end_for_each_begin"}, [](Iteration& t) { t.ends = 2; }},
             {{"one_end_for_each_begin"}, [](Iteration& t) { t.ends = 0; }},
             {{"end_receives_what_was_done"}, [](Iteration& t) { t.end_written = 2048; }},
             {{"end_receives_what_was_done"}, [](Iteration& t) { t.end_length = 4096; }},
             {{"end_error_counts_without_progress"},
              [=](Iteration& t) { t.end_error = t.after.status = eio, t.goes_on = 0; }},
             {{"end_error_counts_without_progress"},
              [=](Iteration& t) {
                t.advanced = t.end_written = 0, t.after = {4096, 10'000, 0}, t.end_error = eio;
                t.goes_on = 0;
              }},
             {{"body_stays_in_the_mapping"}, [](Iteration& t) { t.source_end = 6000; }},
             {{"body_stays_in_the_mapping"}, [](Iteration& t) { t.length = t.end_length = 4096; }},
             {{"iteration_advances_by_what_was_done"}, [](Iteration& t) { t.after.pos = 5095; }},
             {{"iteration_advances_by_what_was_done"}, [](Iteration& t) { t.after.left = 10'000; }},
             {{"another_iteration_follows_progress"}, [](Iteration& t) { t.goes_on = 0; }},
             {{"another_iteration_follows_progress"},
              [=](Iteration& t) { t.body_status = t.after.status = eio; }},
             {{"another_iteration_follows_progress"}, [](Iteration& t) {
                t.advanced = t.end_written = 0, t.after = {4096, 10'000, 0};
              }}});
}

TEST(IomapClauses, NoticeAWriteThatLies) {
  using Write = spec::IomapWrite<Number>;
  const Number eagain = spec::error(EAGAIN);
  const Write partial{
      .start = 100,
      .total = 900,
      .nowait = 1,
      .accepted = 300,
      .status = eagain,
      .result = 300,
      .left = 600,
      .size_before = 100,
      .size_after = 400};
  const Write refused{
      .start = 100,
      .total = 900,
      .nowait = 1,
      .accepted = 0,
      .status = eagain,
      .result = eagain,
      .left = 900,
      .size_before = 100,
      .size_after = 100};
  expect_noticed<Write>(
      partial,
      {{{"answers_what_was_accepted"}, [](Write& w) { w.accepted = 301, w.size_after = 401; }},
       {{"error_leaves_the_iterator"}, [](Write& w) { w.left = 900; }},
       // The bytes are in the cache, and the caller's iterator offers them again.
       {{"answers_what_was_accepted", "eagain_changes_nothing"},
        [=](Write& w) { w.result = eagain, w.left = 900; }},
       {{"size_is_the_end_of_what_was_written"}, [](Write& w) { w.size_after = 1000; }},
       {{"size_is_the_end_of_what_was_written"}, [](Write& w) { w.size_after = 99; }}});
  EXPECT_EQ(broken_by(refused), std::set<std::string>{});
  Write waits = refused;
  waits.nowait = 0;
  EXPECT_EQ(broken_by(waits), std::set<std::string>{"eagain_changes_nothing"});
}

TEST(IomapClauses, NoticeAnAttemptOutsideItsRules) {
  using Attempt = spec::IomapAttempt<Number>;
  const Attempt good{
      .loop =
          {.before = {4096, 8192, 0, 0, 0},
           .left_before = 5000,
           .want = 4096,
           .begin_error = 0,
           .prepared = 4096,
           .copied = 1000,
           .accepted = 1000,
           .end_error = 0,
           .asked_in = 4096,
           .unreadable = 0,
           .goes_on = 1,
           .after = {5096, 8192, 0, 1000, 0},
           .left_after = 4000},
      .map_end = 8192,
      .nowait = 1,
      .stale = 0,
      .size_before = 0,
      .size_after = 5096};
  const auto reject = [](Attempt& a) {
    a.loop.accepted = 0, a.loop.after = {4096, 4096, 1000, 0, 0}, a.loop.left_after = 5000;
    a.size_after = 0;
  };
  const std::vector<Doctored<Attempt>> doctored{
      {{"accepts_all_or_nothing"},
       [](Attempt& a) {
         a.loop.accepted = 999, a.loop.after.pos = 5095, a.loop.after.written = 999;
         a.loop.left_after = 4001, a.size_after = 5095;
       }},
      {{"stays_in_its_mapping"}, [](Attempt& a) { a.map_end = 8191; }},
      {{"faults_in_before_it_begins"}, [](Attempt& a) { a.loop.asked_in = 0; }},
      {{"stale_mapping_ends_the_body"}, [](Attempt& a) { a.stale = 1, a.loop.goes_on = 0; }},
      {{"attempt_follows_while_mapped_bytes_are_left"}, [](Attempt& a) { a.loop.goes_on = 0; }},
      {{"would_wait_accepts_nothing"},
       [](Attempt& a) { a.loop.after.status = spec::error(EAGAIN), a.loop.goes_on = 0; }},
      {{"size_grows_with_what_is_accepted"}, [](Attempt& a) { a.size_after = 0; }},
      {{"size_grows_with_what_is_accepted"}, [=](Attempt& a) { reject(a), a.size_after = 4096; }},
      // The write loop's own.
      {{"byte_ledger"}, [](Attempt& a) { a.loop.left_after = 5000; }},
      {{"byte_ledger", "failed_end_consumes_nothing"},
       [](Attempt& a) {
         a.loop.end_error = a.loop.after.status = spec::error(EIO), a.loop.goes_on = 0;
         a.loop.after.pos = 4096;
       }},
      {{"accepts_what_was_copied"}, [](Attempt& a) { a.loop.prepared = 4097; }},
      {{"stays_in_its_window", "chunk_only_shrinks"},
       [](Attempt& a) { a.loop.before.chunk = 2048, a.loop.after.chunk = 2048; }},
      {{"chunk_only_shrinks", "chunk_halves_on_rejection"},
       [](Attempt& a) { a.loop.after.chunk = 16384; }},
      {{"chunk_halves_on_rejection"}, [](Attempt& a) { a.loop.after.chunk = 4096; }},
      {{"retry_is_what_was_copied"}, [](Attempt& a) { a.loop.after.retry = 1000; }},
      {{"retry_is_what_was_copied", "rejected_copies_shrink"},
       [=](Attempt& a) { reject(a), a.loop.after.retry = 0; }},
      {{"wants_no_more_than_the_retry"}, [](Attempt& a) { a.loop.before.retry = 4095; }},
      {{"efault_only_at_the_first_byte"},
       [](Attempt& a) { a.loop.after.status = spec::error(EFAULT), a.loop.goes_on = 0; }}};
  expect_noticed<Attempt>(good, doctored);
  Attempt rejected = good;
  reject(rejected);
  EXPECT_EQ(broken_by(rejected), std::set<std::string>{});
}

TEST(IomapClauses, NoticeAFolioThatIsChangedWrongly) {
  using Change = spec::IomapChange<Number>;
  expect_noticed<Change>(
      {.map_pos = 0,
       .map_end = 4096,
       .pos = 100,
       .length = 3996,
       .changed = 1,
       .asked_locked = 1,
       .valid = 1},
      {{{"changes_only_under_a_valid_mapping"}, [](Change& c) { c.valid = 0; }},
       {{"changes_only_under_a_valid_mapping"}, [](Change& c) { c.asked_locked = 0; }},
       {{"change_lies_in_the_mapping"}, [](Change& c) { c.length = 3997; }},
       {{"change_lies_in_the_mapping"}, [](Change& c) { c.map_pos = 101; }}});

  using Forget = spec::IomapForget<Number>;
  expect_noticed<Forget>(
      {.pos = 1000, .length = 500, .size = 1200, .from = 1200, .end = 1500},
      {{{"failed_write_drops_nothing_of_the_file"}, [](Forget& f) { f.from = 1199; }},
       {{"failed_write_drops_nothing_of_the_file"}, [](Forget& f) { f.end = 1501; }},
       {{"failed_write_drops_nothing_of_the_file"}, [](Forget& f) { f.size = f.from = 999; }}});

  using Gap = spec::IomapGap<Number>;
  expect_noticed<Gap>(
      {.old_size = 10, .write_pos = 20, .pos = 10, .uptodate = 1, .value = 0},
      {{{"gap_reads_as_zero"}, [](Gap& g) { g.value = 1; }},
       {{"gap_reads_as_zero"}, [](Gap& g) { g.pos = 19, g.value = 1; }}});
}

}  // namespace
}  // namespace quire::tests
