// The iterator over the caller's memory: copy, revert and fault-in.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

template <class W>
struct IterState {
  BOOST_HANA_DEFINE_STRUCT(IterState,
    (W, left),      // bytes not yet consumed
    (W, consumed),  // bytes of the caller's array in front of the current (segment, offset)
    (W, here)       // bytes of the current segment from the offset on; 0 past the last one
  );
};

/// An operation of the iterator.
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
     .says = "A copy of c bytes advances the iterator by exactly c bytes, at most as many as asked "
             "for.",
     .source = "IT-1, IT-5"},
    []<class W>(const IterStep<W>& step) {
      return implies(
          is(step, IterAction::copy),
          step.result <= step.n && step.result <= step.before.left &&
              step.after.left == step.before.left - step.result &&
              step.after.consumed == step.before.consumed + step.result);
    });

inline constexpr auto revert_restores = clause(
    {.operation = "iov_iter",
     .name = "revert_restores",
     .says = "A revert of n bytes moves the iterator back by exactly n bytes, and only over bytes "
             "consumed before.",
     .source = "IT-1, IT-2"},
    []<class W>(const IterStep<W>& step) {
      return implies(
          is(step, IterAction::revert), step.n <= step.before.consumed &&
                                            step.after.left == step.before.left + step.n &&
                                            step.after.consumed == step.before.consumed - step.n);
    });

inline constexpr auto fault_in_stands_still = clause(
    {.operation = "iov_iter",
     .name = "fault_in_stands_still",
     .says = "Fault-in never moves the iterator, and returns at most the bytes asked for.",
     .source = "IT-4"},
    []<class W>(const IterStep<W>& step) {
      return implies(
          is(step, IterAction::fault_in), step.result <= step.n &&
                                              step.after.left == step.before.left &&
                                              step.after.consumed == step.before.consumed);
    });

inline constexpr auto empty_segments_are_invisible = clause(
    {.operation = "iov_iter",
     .name = "empty_segments_are_invisible",
     .says = "While bytes are left, the iterator is in a segment that has some: empty segments are "
             "skipped, wherever they are.",
     .source = "IT-3"},
    []<class W>(const IterStep<W>& step) {
      return implies(step.before.left != 0, step.before.here != 0) &&
             implies(step.after.left != 0, step.after.here != 0);
    });

/// The clauses that do not depend on how the memory is divided into segments.
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
