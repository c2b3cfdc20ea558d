// The steps of a reservation, and how each is undone, over a word type (F2-3, F2-4).
//
// ref runs them on numbers, proofs/ on symbolic words. The hooks have the addresses, the locks and
// the counts.
#pragma once

#include "spec/linux/f2fs/reserve.h"
#include "spec/word.h"

#include <cerrno>
#include <concepts>

namespace quire::ref::f2fs {

/// Blocks that the counters grant of those asked for, when `free` are left: all; or what there is,
/// if the caller takes fewer; or none.
template <spec::Word W>
constexpr W granted_of(const W& asked, const W& free, const spec::TruthOf<W>& takes_fewer) {
  using spec::ite;
  return ite(asked <= free, asked, ite(takes_fewer, free, W{0}));
}

/// The counts of one file's blocks, and their limits.
template <class W>
struct Counts {
  W& quota;       ///< charged to the file's owner
  W quota_limit;  ///< set at any time: what is charged may lie above it
  W& valid;       ///< counted by the volume
  W user_blocks;
  W& owned;  ///< counted by the file
};

/// Charges the owner for `n` blocks, or for none: 0 or EDQUOT.
template <spec::Word W>
W charge_quota(const Counts<W>& counts, const W& n) {
  using spec::ite, spec::min;
  const auto fits = n <= counts.quota_limit - min(counts.quota_limit, counts.quota);
  counts.quota = counts.quota + ite(fits, n, W{0});
  return ite(fits, W{0}, W{spec::error(EDQUOT)});
}

/// Counts what can be granted of `asked` blocks. Returns how many.
template <spec::Word W>
W count_blocks(const Counts<W>& counts, const W& asked, const spec::TruthOf<W>& takes_fewer) {
  const W granted = granted_of<W>(asked, counts.user_blocks - counts.valid, takes_fewer);
  counts.valid = counts.valid + granted;
  counts.owned = counts.owned + granted;
  return granted;
}

template <spec::Word W>
void uncount_blocks(const Counts<W>& counts, const W& n) {
  counts.valid = counts.valid - n;
  counts.owned = counts.owned - n;
}

template <spec::Word W>
void uncharge_quota(const Counts<W>& counts, const W& n) {
  counts.quota = counts.quota - n;
}

/// The hooks of the accounts. A lock is held for the lifetime of the answer.
template <class H, class W>
concept AccountHooks = spec::Word<W> && requires(H hooks) {
  hooks.lock_quota();
  hooks.lock_space();
  { hooks.counts() } -> std::same_as<Counts<W>>;
};

/// The further hooks of a reservation.
template <class H, class W>
concept ReserveHooks = AccountHooks<H, W> &&
    requires(H hooks, const W n, spec::ReserveStep<W> step, spec::ReserveCall<W> call) {
  { hooks.addresses() } -> std::same_as<W>;             // not NULL; and the file's node blocks
  { hooks.name(n) } -> std::same_as<spec::TruthOf<W>>;  // n more; or none, for want of memory
  hooks.step(step);
  hooks.call(call);
};

/// Moves the accounts of one file step by step, and reports each step to the hooks.
template <spec::Word W, ReserveHooks<W> Hooks>
class Reservation {
 public:
  Reservation(Hooks& hooks, const W& asked) : hooks_(hooks), asked_(asked), start_(accounts()) {}

  /// 0 or EDQUOT.
  W charge_quota() {
    using spec::ite;
    const Accounts before = accounts();
    [[maybe_unused]] const auto lock = hooks_.lock_quota();
    const W error = f2fs::charge_quota<W>(hooks_.counts(), asked_);
    report(Stage::quota, ite(error == 0, asked_, W{0}), error, before);
    return error;
  }

  /// What the counters grant; 0: no block is left.
  W count(const spec::TruthOf<W>& takes_fewer) {
    using spec::ite;
    const Accounts before = accounts();
    [[maybe_unused]] const auto lock = hooks_.lock_space();
    const W granted = count_blocks<W>(hooks_.counts(), asked_, takes_fewer);
    report(Stage::counters, granted, ite(granted == 0, W{spec::error(ENOSPC)}, W{0}), before);
    return granted;
  }

  /// 0 or ENOMEM.
  W name(const W& granted) {
    using spec::ite;
    const Accounts before = accounts();
    const auto named = hooks_.name(granted);
    const W error = ite(named, W{0}, W{spec::error(ENOMEM)});
    report(Stage::addresses, ite(named, granted, W{0}), error, before);
    return error;
  }

  void uncount(const W& blocks) {
    const Accounts before = accounts();
    [[maybe_unused]] const auto lock = hooks_.lock_space();
    uncount_blocks<W>(hooks_.counts(), blocks);
    report(Stage::undo_counters, blocks, W{0}, before);
  }

  void uncharge_quota(const W& blocks) {
    const Accounts before = accounts();
    [[maybe_unused]] const auto lock = hooks_.lock_quota();
    f2fs::uncharge_quota<W>(hooks_.counts(), blocks);
    report(Stage::undo_quota, blocks, W{0}, before);
  }

  void report_call(const W& granted, const W& error, const spec::TruthOf<W>& takes_fewer) {
    using spec::ite;
    hooks_.call({asked_, granted, error, ite(takes_fewer, W{1}, W{0}), start_, accounts()});
  }

 private:
  using Accounts = spec::Accounts<W>;
  using Stage = spec::ReserveStage;

  Accounts accounts() {
    const Counts<W> counts = hooks_.counts();
    return {counts.quota, counts.valid, counts.owned, hooks_.addresses()};
  }

  void report(Stage stage, const W& granted, const W& error, const Accounts& before) {
    const Stage previous = previous_;
    previous_ = stage;
    hooks_.step(
        {W{spec::number_of(stage)}, W{spec::number_of(previous)}, asked_, granted, error, before,
         accounts()});
  }

  Hooks& hooks_;
  W asked_;
  Stage previous_ = Stage::none;
  Accounts start_;
};

/// How many blocks a reservation got, and if none, why: EDQUOT, ENOSPC, ENOMEM as a word, else 0.
template <class W>
struct Taken {
  W granted;
  W error;
};

/// Quota, counters, addresses; a step that fails undoes those before it (F2-3).
template <spec::Word W, ReserveHooks<W> Hooks>
Taken<W> take(Hooks& hooks, const W& asked, const spec::TruthOf<W>& takes_fewer) {
  Reservation<W, Hooks> reservation(hooks, asked);
  const auto failed = [&](const W& error) -> Taken<W> {
    reservation.report_call(W{0}, error, takes_fewer);
    return {W{0}, error};
  };
  if (const W error = reservation.charge_quota(); error != 0) return failed(error);
  const W granted = reservation.count(takes_fewer);
  // The owner pays only for blocks that the counters granted.
  if (granted < asked) reservation.uncharge_quota(asked - granted);
  if (granted == 0) return failed(W{spec::error(ENOSPC)});
  if (const W error = reservation.name(granted); error != 0) {
    reservation.uncount(granted);
    reservation.uncharge_quota(granted);
    return failed(error);
  }
  reservation.report_call(granted, W{0}, takes_fewer);
  return {granted, W{0}};
}

/// Subtracts `n` blocks, whose addresses are NULL by now, from every account.
template <spec::Word W, AccountHooks<W> Hooks>
void give_back(Hooks& hooks, const W& n) {
  {
    [[maybe_unused]] const auto lock = hooks.lock_quota();
    uncharge_quota<W>(hooks.counts(), n);
  }
  [[maybe_unused]] const auto lock = hooks.lock_space();
  uncount_blocks<W>(hooks.counts(), n);
}

/// Moves an address from one file of an owner to another: the file with the address counts the
/// block. from, to: the counts of the files.
template <spec::Word W>
void hand_over(W& from, W& to) {
  from = from - 1;
  to = to + 1;
}

/// 7.2 step 4 for an atomic file: reserves a block in the CoW inode if that has none for the page.
/// counter: grows once for each block that is new. Returns 0 or why there is none.
template <spec::Word W, class Hooks>
W reserve_once(Hooks& hooks, W& counter) {
  using spec::ite;
  if (hooks.has_block()) return W{0};
  const W error = hooks.reserve_block();
  counter = counter + ite(error == 0, W{1}, W{0});
  return error;
}

/// A block for one page; first one for the node that has its address, if there is none yet. Returns
/// 0 or why there is none. The node's block stays if the page gets none: the next page finds it.
template <spec::Word W, class Hooks>
W reserve_with_node(Hooks& hooks) {
  if (const W error = hooks.need_node(); error != 0) return error;
  return hooks.reserve_page();
}

}  // namespace quire::ref::f2fs
