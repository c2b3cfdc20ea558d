// The clauses of delayed blocks and of writeback accept sound steps, and refuse those that break
// them.
#include "tests/ref/doctored.h"

#include <gtest/gtest.h>

#include <string>

namespace quire::tests {
namespace {

using Number = std::uint64_t;

TEST(IomapClauses, NoticeAReservationThatIsLostOrLeaks) {
  using Release = spec::DelallocRelease<Number>;
  expect_noticed<Release>(
      {.start = 0,
       .end = 4096,
       .size = 1024,
       .block_pos = 512,
       .dirty = 1,
       .punched = 0,
       .cached = 1,
       .still_cached = 1},
      {{{"backs_exactly_what_is_dirty"}, [](Release& r) { r.punched = 1; }},
       {{"backs_exactly_what_is_dirty"}, [](Release& r) { r.dirty = 0; }},
       {{"backs_exactly_what_is_dirty"}, [](Release& r) { r.block_pos = 1024; }},
       {{"backs_exactly_what_is_dirty"}, [](Release& r) { r.dirty = 0, r.punched = 2; }},
       {{"release_drops_no_cache"}, [](Release& r) { r.still_cached = 0; }}});

  using Punch = spec::DelallocPunch<Number>;
  const std::string whole = "punches_whole_blocks_of_the_range";
  expect_noticed<Punch>(
      {.start = 512, .end = 2048, .block_size = 512, .pos = 512, .length = 1024},
      {{{whole}, [](Punch& p) { p.pos = 0; }},
       {{whole}, [](Punch& p) { p.length = 2048; }},
       {{whole}, [](Punch& p) { p.length = 0; }},
       {{whole}, [](Punch& p) { p.length = 100; }},
       {{whole}, [](Punch& p) { p.pos = 600; }}});

  using Unused = spec::UnusedRange<Number>;
  const std::string behind = "unused_starts_behind_the_last_written_block";
  expect_noticed<Unused>(
      {.pos = 100,
       .length = 2000,
       .written = 500,
       .block_size = 512,
       .start = 1024,
       .end = 2560,
       .is_new = 1},
      {{{behind}, [](Unused& u) { u.start = 512; }},
       {{behind}, [](Unused& u) { u.end = 2048; }},
       {{behind}, [](Unused& u) { u.written = 0, u.start = 512; }},
       {{"releases_its_own"}, [](Unused& u) { u.is_new = 0; }}});
}

TEST(IomapClauses, NoticeWritebackThatLosesCount) {
  using Step = spec::WritebackStep<Number>;
  expect_noticed<Step>(
      {.after = {4096, 1024, 512}, .completed = 512, .collected = 1, .ended_before = 0, .ended = 0},
      {{{"pending_is_what_may_still_come"}, [](Step& s) { s.after.pending = 1024; }},
       {{"pending_is_what_may_still_come"}, [](Step& s) { s.collected = 0; }},
       {{"writeback_ends_with_the_last_block"}, [](Step& s) { s.ended = 1; }},
       {{"writeback_ends_with_the_last_block"},
        [](Step& s) { s.completed = 1024, s.after.pending = 0, s.ended = s.ended_before = 1; }},
       {{"writeback_ends_with_the_last_block"},
        [](Step& s) { s.completed = 1024, s.after.pending = 0; }}});

  using Folio = spec::FolioWriteback<Number>;
  expect_noticed<Folio>(
      {.folio_pos = 0,
       .folio_size = 4096,
       .size = 3000,
       .dirty_below = 2048,
       .submitted = 1024,
       .over_holes = 512,
       .unmapped = 512,
       .dirty_after = 0,
       .tail_is_zero = 1,
       .flag_at_submit = 1,
       .flag_after = 0,
       .ends = 1,
       .failed = 1,
       .errors_recorded = 1,
       .stale_after = 0},
      {{{"writes_what_is_dirty"}, [](Folio& f) { f.submitted = 1536; }},
       {{"writes_what_is_dirty", "error_is_recorded_once"}, [](Folio& f) { f.dirty_after = 1; }},
       {{"flag_stands_from_first_to_last"}, [](Folio& f) { f.flag_at_submit = 0; }},
       {{"flag_stands_from_first_to_last"}, [](Folio& f) { f.flag_after = 1; }},
       {{"flag_stands_from_first_to_last"}, [](Folio& f) { f.ends = 2; }},
       {{"past_the_size_is_zero"}, [](Folio& f) { f.tail_is_zero = 0; }},
       {{"error_is_recorded_once"}, [](Folio& f) { f.errors_recorded = 0; }},
       {{"error_is_recorded_once"}, [](Folio& f) { f.errors_recorded = 2; }},
       {{"error_is_recorded_once"}, [](Folio& f) { f.stale_after = 1; }}});

  using Run = spec::IoendSubmit<Number>;
  expect_noticed<Run>(
      {.pos = 512,
       .length = 1000,
       .blocks_end = 2048,
       .map_pos = 0,
       .map_end = 2048,
       .block_size = 512,
       .size = 1512},
      {{{"run_ends_at_the_size"}, [](Run& r) { r.length = 1536; }},
       {{"run_ends_at_the_size"}, [](Run& r) { r.length = 999; }},
       {{"run_lies_in_its_mapping"}, [](Run& r) { r.map_end = 1536; }},
       {{"run_lies_in_its_mapping"}, [](Run& r) { r.map_pos = 1024; }},
       {{"run_lies_in_its_mapping"}, [](Run& r) { r.blocks_end = 2000; }}});
}

}  // namespace
}  // namespace quire::tests
