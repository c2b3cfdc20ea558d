// A walk over the segments of the caller's memory, step by step.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One step of a walk that copies bytes or faults them in, segment by segment. Flags are 0 or 1.
template <class W>
struct SegmentStep {
  BOOST_HANA_DEFINE_STRUCT(SegmentStep,
    (W, here),             // bytes that the current segment still has
    (W, segments_before),  // segments from the current one to the last
    (W, segments_after),
    (W, wanted_before),    // bytes that the walk has still to do
    (W, wanted_after),
    (W, asked),            // bytes of the segment that were asked for
    (W, done),             // of these, bytes that could be accessed
    (W, goes_on)           // 1: another step follows
  );
};

inline constexpr auto consumes_or_passes = clause(
    {.operation = "segment_walk",
     .name = "consumes_or_passes",
     .says = "A step that is followed by another leaves fewer bytes, or as many bytes and fewer "
             "segments.",
     .source = "IT-3, O6"},
    []<class W>(const SegmentStep<W>& s) {
      const auto fewer_bytes =
          s.wanted_after < s.wanted_before && s.segments_after <= s.segments_before;
      const auto fewer_segments =
          s.wanted_after == s.wanted_before && s.segments_after < s.segments_before;
      return implies(s.goes_on == 1, fewer_bytes || fewer_segments);
    });

inline constexpr auto empty_segment_is_passed = clause(
    {.operation = "segment_walk",
     .name = "empty_segment_is_passed",
     .says = "An empty segment is skipped, and never ends the walk.",
     .source = "IT-3"},
    []<class W>(const SegmentStep<W>& s) {
      return implies(
          s.here == 0, s.goes_on == 1 && s.done == 0 && s.segments_after == s.segments_before - 1);
    });

inline constexpr auto asks_for_what_is_there = clause(
    {.operation = "segment_walk",
     .name = "asks_for_what_is_there",
     .says = "A step asks a segment for no more bytes than it has or the walk still needs, and "
             "counts exactly those that it could access.",
     .source = "IT-1, IT-5"},
    []<class W>(const SegmentStep<W>& s) {
      return s.asked <= s.here && s.asked <= s.wanted_before && s.done <= s.asked &&
             s.wanted_after == s.wanted_before - s.done;
    });

inline constexpr auto stops_only_where_it_must = clause(
    {.operation = "segment_walk",
     .name = "stops_only_where_it_must",
     .says = "A walk ends when all bytes are done, or at the first byte that cannot be accessed.",
     .source = "IT-3, IT-4, IT-5"},
    []<class W>(const SegmentStep<W>& s) {
      return iff(s.goes_on == 0, s.wanted_after == 0 || s.done < s.asked);
    });

inline constexpr auto segment_step_clauses = boost::hana::make_tuple(
    consumes_or_passes, empty_segment_is_passed, asks_for_what_is_there, stops_only_where_it_must);

/// One step of a revert, to the position that the iterator had n bytes ago.
template <class W>
struct SegmentStepBack {
  BOOST_HANA_DEFINE_STRUCT(SegmentStepBack,
    (W, n_before),         // bytes still to revert
    (W, n_after),
    (W, segment_before),   // number of the current segment
    (W, segment_after),
    (W, consumed_before),  // bytes of the array in front of (segment, offset)
    (W, consumed_after),
    (W, goes_on)
  );
};

inline constexpr auto gives_back_or_passes = clause(
    {.operation = "segment_walk",
     .name = "gives_back_or_passes",
     .says = "A step back that is followed by another goes one segment further back.",
     .source = "IT-3, O6"},
    []<class W>(const SegmentStepBack<W>& s) {
      return implies(s.goes_on == 1, s.segment_after == s.segment_before - 1);
    });

inline constexpr auto steps_back_to_where_it_stood = clause(
    {.operation = "segment_walk",
     .name = "steps_back_to_where_it_stood",
     .says = "A step back keeps its target, n bytes before the current one, and the last step ends "
             "there.",
     .source = "IT-1, IT-2"},
    []<class W>(const SegmentStepBack<W>& s) {
      return s.consumed_after - s.n_after == s.consumed_before - s.n_before &&
             s.n_after <= s.consumed_after && implies(s.goes_on == 0, s.n_after == 0);
    });

inline constexpr auto segment_step_back_clauses =
    boost::hana::make_tuple(gives_back_or_passes, steps_back_to_where_it_stood);

}  // namespace quire::spec
