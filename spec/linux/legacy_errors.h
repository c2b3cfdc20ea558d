// The two flags of a file's writeback that stood before words of errors (spec/linux/errseq.h), and
// that waiters without a descriptor still use (Linux: AS_EIO, AS_ENOSPC).
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <cstdint>

namespace quire::spec {

inline constexpr std::uint64_t kLegacyEio = 1;
inline constexpr std::uint64_t kLegacyEnospc = 2;

/// What is done with the two flags.
enum class LegacyAction : std::uint64_t {
  set,    ///< writeback failed
  clear,  ///< fsync, which takes its answer from the descriptor
  take,   ///< a waiter without a descriptor asks, and clears
  keep    ///< sync(2) asks
};

/// One step of the two flags of a file.
template <class W>
struct LegacyStep {
  BOOST_HANA_DEFINE_STRUCT(LegacyStep,
    (W, action),       // a LegacyAction
    (W, error),        // set: the positive errno; else 0
    (W, answer),       // take, keep: 0 or a negative errno; else 0
    (W, flags),        // kLegacyEio, kLegacyEnospc, before
    (W, flags_after)   // and after the step
  );
};

template <Word W>
TruthOf<W> is(const LegacyStep<W>& step, LegacyAction action) {
  return step.action == static_cast<std::uint64_t>(action);
}

inline constexpr auto flags_keep_what_failed = clause(
    {.operation = "legacy_errors",
     .name = "flags_keep_what_failed",
     .says = "An error sets the flag of ENOSPC if it is that, else the flag of EIO.",
     .source = "8, mapping_set_error"},
    []<class W>(const LegacyStep<W>& step) {
      const W flag = ite(step.error == ENOSPC, W{kLegacyEnospc}, W{kLegacyEio});
      return implies(is(step, LegacyAction::set), step.flags_after == (step.flags | flag));
    });

inline constexpr auto flags_are_answered = clause(
    {.operation = "legacy_errors",
     .name = "flags_are_answered",
     .says = "A waiter without a descriptor is answered EIO before ENOSPC before 0.",
     .source = "8, filemap_check_errors"},
    []<class W>(const LegacyStep<W>& step) {
      const W enospc = ite((step.flags & kLegacyEnospc) != 0, W{error(ENOSPC)}, W{0});
      const W expected = ite((step.flags & kLegacyEio) != 0, W{error(EIO)}, enospc);
      return implies(
          is(step, LegacyAction::take) || is(step, LegacyAction::keep), step.answer == expected);
    });

inline constexpr auto flags_are_cleared = clause(
    {.operation = "legacy_errors",
     .name = "flags_are_cleared",
     .says = "fsync and a waiter without a descriptor clear the flags; sync(2) keeps them.",
     .source = "8, ES-6"},
    []<class W>(const LegacyStep<W>& step) {
      return implies(
                 is(step, LegacyAction::clear) || is(step, LegacyAction::take),
                 step.flags_after == 0) &&
             implies(is(step, LegacyAction::keep), step.flags_after == step.flags);
    });

inline constexpr auto legacy_error_clauses =
    boost::hana::make_tuple(flags_keep_what_failed, flags_are_answered, flags_are_cleared);

template <class W>
constexpr const auto& clauses_of(const LegacyStep<W>&) {
  return legacy_error_clauses;
}

}  // namespace quire::spec
