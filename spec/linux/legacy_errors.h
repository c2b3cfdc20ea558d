// The two error flags of a file (Linux: AS_EIO, AS_ENOSPC). They are older than the error word
// (spec/linux/errseq.h); checks without a descriptor still use them.
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

/// An operation on the two flags.
enum class LegacyAction : std::uint64_t {
  set,              ///< writeback failed
  clear,            ///< fsync, which returns the descriptor's error
  check_and_clear,  ///< a waiter without a descriptor
  check_and_keep    ///< sync(2)
};

/// One step of the two flags of a file.
template <class W>
struct LegacyStep {
  BOOST_HANA_DEFINE_STRUCT(LegacyStep,
    (W, action),       // a LegacyAction
    (W, error),        // set: the positive errno; else 0
    (W, answer),       // of a check: 0 or a negative errno; else 0
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
     .says = "ENOSPC sets the flag of ENOSPC; any other error sets the flag of EIO.",
     .source = "8, mapping_set_error"},
    []<class W>(const LegacyStep<W>& step) {
      const W flag = ite(step.error == ENOSPC, W{kLegacyEnospc}, W{kLegacyEio});
      return implies(is(step, LegacyAction::set), step.flags_after == (step.flags | flag));
    });

inline constexpr auto flags_are_answered = clause(
    {.operation = "legacy_errors",
     .name = "flags_are_answered",
     .says = "A check without a descriptor returns EIO if its flag is set, else ENOSPC if that "
             "flag is, else 0.",
     .source = "8, filemap_check_errors"},
    []<class W>(const LegacyStep<W>& step) {
      const W enospc = ite((step.flags & kLegacyEnospc) != 0, W{error(ENOSPC)}, W{0});
      const W expected = ite((step.flags & kLegacyEio) != 0, W{error(EIO)}, enospc);
      return implies(
          is(step, LegacyAction::check_and_clear) || is(step, LegacyAction::check_and_keep),
          step.answer == expected);
    });

inline constexpr auto flags_are_cleared = clause(
    {.operation = "legacy_errors",
     .name = "flags_are_cleared",
     .says = "fsync and a waiter without a descriptor clear the flags; sync(2) keeps them.",
     .source = "8, ES-6"},
    []<class W>(const LegacyStep<W>& step) {
      return implies(
                 is(step, LegacyAction::clear) || is(step, LegacyAction::check_and_clear),
                 step.flags_after == 0) &&
             implies(is(step, LegacyAction::check_and_keep), step.flags_after == step.flags);
    });

inline constexpr auto legacy_error_clauses =
    boost::hana::make_tuple(flags_keep_what_failed, flags_are_answered, flags_are_cleared);

template <class W>
constexpr const auto& clauses_of(const LegacyStep<W>&) {
  return legacy_error_clauses;
}

}  // namespace quire::spec
