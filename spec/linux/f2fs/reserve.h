// F2FS under the write loop: the reservation of blocks.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cstdint>

namespace quire::spec {

/// The counters that include the blocks of one file. In blocks, node blocks included.
template <class W>
struct Accounts {
  BOOST_HANA_DEFINE_STRUCT(Accounts,
    (W, quota),     // charged to the file's owner
    (W, valid),     // counted by the volume
    (W, owned),     // counted by the file
    (W, addresses)  // addresses of the file that are not NULL, and its node blocks
  );
};

template <Word W>
TruthOf<W> unchanged(const Accounts<W>& before, const Accounts<W>& after) {
  return before.quota == after.quota && before.valid == after.valid &&
         before.owned == after.owned && before.addresses == after.addresses;
}

/// The steps of a reservation, in their order; then those that undo it.
enum class ReserveStage : std::uint64_t {
  none,
  quota,
  counters,
  addresses,
  undo_counters,
  undo_quota
};

/// One step of a reservation.
template <class W>
struct ReserveStep {
  BOOST_HANA_DEFINE_STRUCT(ReserveStep,
    (W, stage),     // a ReserveStage
    (W, previous),  // the stage before it
    (W, asked),     // blocks
    (W, granted),   // blocks that this step took; of an undo, released
    (W, error),     // 0, or the error for which the step took nothing
    (Accounts<W>, before),
    (Accounts<W>, after)
  );
};

constexpr std::uint64_t number_of(ReserveStage stage) { return static_cast<std::uint64_t>(stage); }

inline constexpr auto reserves_in_order = clause(
    {.operation = "f2fs_reserve",
     .name = "reserves_in_order",
     .says = "A reservation charges the quota, then the counters, then sets addresses; it undoes "
             "the counters first, then the quota.",
     .source = "F2-3"},
    []<class W>(const ReserveStep<W>& s) {
      const W none = number_of(ReserveStage::none), quota = number_of(ReserveStage::quota);
      const W counters = number_of(ReserveStage::counters);
      const W addresses = number_of(ReserveStage::addresses);
      const W undo_counters = number_of(ReserveStage::undo_counters);
      const W undo_quota = number_of(ReserveStage::undo_quota);
      return implies(s.stage == quota, s.previous == none) &&
             implies(s.stage == counters, s.previous == quota) &&
             implies(s.stage == addresses, s.previous == counters || s.previous == undo_quota) &&
             implies(s.stage == undo_counters, s.previous == addresses) &&
             implies(s.stage == undo_quota, s.previous == counters || s.previous == undo_counters);
    });

inline constexpr auto step_moves_its_own_account = clause(
    {.operation = "f2fs_reserve",
     .name = "step_moves_its_own_account",
     .says = "Each step changes only its own account, by the blocks that it grants, at most those "
             "asked for; a step that fails changes none.",
     .source = "F2-3"},
    []<class W>(const ReserveStep<W>& s) {
      const W quota = number_of(ReserveStage::quota);
      const W counters = number_of(ReserveStage::counters);
      const W addresses = number_of(ReserveStage::addresses);
      const W undo_counters = number_of(ReserveStage::undo_counters);
      const W undo_quota = number_of(ReserveStage::undo_quota);
      Accounts<W> due = s.before;
      due.quota = due.quota + ite(s.stage == quota, s.granted, W{0});
      due.quota = due.quota - ite(s.stage == undo_quota, s.granted, W{0});
      const W counted = ite(s.stage == counters, s.granted, W{0}) -
                        ite(s.stage == undo_counters, s.granted, W{0});
      due.valid = due.valid + counted;
      due.owned = due.owned + counted;
      due.addresses = due.addresses + ite(s.stage == addresses, s.granted, W{0});
      return s.granted <= s.asked && implies(s.error != 0, s.granted == 0) &&
             unchanged(due, s.after);
    });

inline constexpr auto reserve_step_clauses =
    boost::hana::make_tuple(reserves_in_order, step_moves_its_own_account);

template <class W>
constexpr const auto& clauses_of(const ReserveStep<W>&) {
  return reserve_step_clauses;
}

/// One reservation as its caller sees it.
template <class W>
struct ReserveCall {
  BOOST_HANA_DEFINE_STRUCT(ReserveCall,
    (W, asked),       // blocks
    (W, granted),     // blocks
    (W, error),       // 0, or a negative errno
    (W, takes_fewer), // 1: the caller can use a prefix of what it asked for
    (Accounts<W>, before),
    (Accounts<W>, after)
  );
};

inline constexpr auto failure_changes_nothing = clause(
    {.operation = "f2fs_reserve",
     .name = "failure_changes_nothing",
     .says = "A reservation that fails leaves every account as it was.",
     .source = "F2-3"},
    []<class W>(const ReserveCall<W>& c) {
      return implies(c.error != 0, c.granted == 0 && unchanged(c.before, c.after));
    });

inline constexpr auto success_moves_all_accounts = clause(
    {.operation = "f2fs_reserve",
     .name = "success_moves_all_accounts",
     .says = "A reservation that succeeds raises every account by the blocks that it grants.",
     .source = "F2-3, F2-4"},
    []<class W>(const ReserveCall<W>& c) {
      return implies(
          c.error == 0, c.after.quota == c.before.quota + c.granted &&
                            c.after.valid == c.before.valid + c.granted &&
                            c.after.owned == c.before.owned + c.granted &&
                            c.after.addresses == c.before.addresses + c.granted);
    });

inline constexpr auto grants_a_part_only_where_it_serves = clause(
    {.operation = "f2fs_reserve",
     .name = "grants_a_part_only_where_it_serves",
     .says = "Only a caller that can use a prefix is granted fewer blocks than it asked for.",
     .source = "F2-5"},
    []<class W>(const ReserveCall<W>& c) {
      return implies(
          c.error == 0,
          c.granted == c.asked || (c.takes_fewer == 1 && 0 < c.granted && c.granted < c.asked));
    });

inline constexpr auto reserve_call_clauses = boost::hana::make_tuple(
    failure_changes_nothing, success_moves_all_accounts, grants_a_part_only_where_it_serves);

template <class W>
constexpr const auto& clauses_of(const ReserveCall<W>&) {
  return reserve_call_clauses;
}

}  // namespace quire::spec
