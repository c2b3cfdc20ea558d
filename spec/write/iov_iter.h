// The iterator over the caller's memory: copy, advance and revert as the write loop sees them.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

template <class W>
struct IterState {
  BOOST_HANA_DEFINE_STRUCT(IterState,
    (W, left),   // bytes not yet consumed
    (W, place),  // bytes of the caller's array that stand before the current (segment, offset)
    (W, here)    // bytes of the current segment from the offset on; 0 behind the last segment
  );
};

/// What an iterator was asked to do.
enum class IterAction : std::uint64_t { copy, revert, fault_in };

/// One call of copy, revert or fault_in.
template <class W>
struct IterStep {
  BOOST_HANA_DEFINE_STRUCT(IterStep,
    (W, action),  // an IterAction
    (W, n),       // bytes asked for
    (W, result),  // copy: bytes copied; fault_in: bytes that could not be made readable; revert: n
    (IterState<W>, before),
    (IterState<W>, after)
  );
};

template <class W>
TruthOf<W> is(const IterStep<W>& step, IterAction action) {
  return step.action == static_cast<std::uint64_t>(action);
}

inline constexpr auto copy_advances_by_its_count = clause(
    {.operation = "iov_iter",
     .name = "copy_advances_by_its_count",
     .says = "A copy of c bytes takes exactly c bytes from the iterator, and c is at most what was "
             "asked for.",
     .source = "IT-1, IT-5"},
    []<class W>(const IterStep<W>& step) {
      return implies(
          is(step, IterAction::copy), step.result <= step.n && step.result <= step.before.left &&
                                          step.after.left == step.before.left - step.result &&
                                          step.after.place == step.before.place + step.result);
    });

inline constexpr auto revert_restores = clause(
    {.operation = "iov_iter",
     .name = "revert_restores",
     .says =
         "A revert of n bytes gives back exactly n bytes and the place that was current n bytes "
         "ago, and n was consumed before.",
     .source = "IT-1, IT-2"},
    []<class W>(const IterStep<W>& step) {
      return implies(
          is(step, IterAction::revert), step.n <= step.before.place &&
                                            step.after.left == step.before.left + step.n &&
                                            step.after.place == step.before.place - step.n);
    });

inline constexpr auto fault_in_stands_still = clause(
    {.operation = "iov_iter",
     .name = "fault_in_stands_still",
     .says = "Faulting memory in never moves the iterator, and answers at most what was asked for.",
     .source = "IT-4"},
    []<class W>(const IterStep<W>& step) {
      return implies(
          is(step, IterAction::fault_in), step.result <= step.n &&
                                              step.after.left == step.before.left &&
                                              step.after.place == step.before.place);
    });

inline constexpr auto empty_segments_are_invisible = clause(
    {.operation = "iov_iter",
     .name = "empty_segments_are_invisible",
     .says = "While bytes are left, the iterator stands in a segment that has some: empty segments "
             "are passed, wherever they lie.",
     .source = "IT-3"},
    []<class W>(const IterStep<W>& step) {
      return implies(step.before.left != 0, step.before.here != 0) &&
             implies(step.after.left != 0, step.after.here != 0);
    });

/// What a loop that uses an iterator makes of it, however the memory is cut into segments.
inline constexpr auto iov_iter_count_clauses =
    boost::hana::make_tuple(copy_advances_by_its_count, revert_restores, fault_in_stands_still);

inline constexpr auto iov_iter_clauses = boost::hana::make_tuple(
    copy_advances_by_its_count, revert_restores, fault_in_stands_still,
    empty_segments_are_invisible);

template <class W>
constexpr const auto& clauses_of(const IterStep<W>&) {
  return iov_iter_clauses;
}

}  // namespace quire::spec
