// Collecting the dirty blocks of a folio for the device, step by step.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One step over a folio's blocks, and its effect on one of them, any one. Flags are 0 or 1.
template <class W>
struct CollectStep {
  BOOST_HANA_DEFINE_STRUCT(CollectStep,
    (W, blocks),              // of the folio
    (W, block_shift),         // log2 of a block's bytes
    (W, begin),               // first block of this step
    (W, end),                 // first block of the next
    (W, dirty_before),        // blocks of the folio that are dirty
    (W, dirty_after),
    (W, collected),           // blocks that go to the device by this step
    (W, out_of_space),        // 1: there was no space, which was recorded as an error
    (W, dirty_bytes_before),  // the volume's count
    (W, dirty_bytes_after),
    (W, block),               // one of the folio
    (W, was_dirty),
    (W, is_dirty),
    (W, times_collected)      // by this step
  );
};

inline constexpr auto collects_what_is_dirty = clause(
    {.operation = "collect",
     .name = "collects_what_is_dirty",
     .says = "A step sends each dirty block that it passes to the device once, unless there is no "
             "space, and no other block.",
     .source = "WBK-1"},
    []<class W>(const CollectStep<W>& s) {
      const auto passed = s.begin <= s.block && s.block < s.end;
      const auto wanted = passed && s.was_dirty == 1 && s.out_of_space == 0;
      return s.times_collected == ite(wanted, W{1}, W{0});
    });

inline constexpr auto clears_what_it_collects = clause(
    {.operation = "collect",
     .name = "clears_what_it_collects",
     .says = "The blocks that turn clean are those sent to the device.",
     .source = "WBK-1"},
    []<class W>(const CollectStep<W>& s) {
      return s.is_dirty == ite(s.times_collected != 0, W{0}, s.was_dirty) &&
             s.collected + s.dirty_after == s.dirty_before && s.collected <= s.dirty_before;
    });

inline constexpr auto counts_what_is_dirty = clause(
    {.operation = "collect",
     .name = "counts_what_is_dirty",
     .says = "The volume's count of dirty bytes falls by the bytes of the blocks that turn clean, "
             "and never below the bytes still dirty.",
     .source = "BDP-5"},
    []<class W>(const CollectStep<W>& s) {
      return s.dirty_bytes_before - s.dirty_bytes_after == lsh(s.collected, s.block_shift) &&
             lsh(s.dirty_after, s.block_shift) <= s.dirty_bytes_after &&
             s.dirty_bytes_after <= s.dirty_bytes_before;
    });

inline constexpr auto every_step_passes_a_block = clause(
    {.operation = "collect",
     .name = "every_step_passes_a_block",
     .says = "Each step passes at least one block, and none past the folio's end.",
     .source = "O6"},
    []<class W>(const CollectStep<W>& s) { return s.begin < s.end && s.end <= s.blocks; });

inline constexpr auto collect_clauses = boost::hana::make_tuple(
    collects_what_is_dirty, clears_what_it_collects, counts_what_is_dirty,
    every_step_passes_a_block);

template <class W>
constexpr const auto& clauses_of(const CollectStep<W>&) {
  return collect_clauses;
}

}  // namespace quire::spec
