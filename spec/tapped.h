// Hooks that record a loop: they pass each call on to other hooks, and report it to a judge.
#pragma once

#include "spec/hooks.h"
#include "spec/locks/order.h"

#include <cstddef>

namespace quire::spec {

/// Wraps `Hooks`. Judge receives the records:
///   judge.attempt(Attempt<W>), judge.step(IterStep<W>),
///   judge.lock_wanted(rank, key)   for the waits that the loop itself asks for
///   judge.wants_stop()             ends the loop as a fatal signal would
template <Word W, WriteHooks<W> Hooks, class Judge>
class Tapped {
 public:
  using Folio = typename Hooks::Folio;
  /// The most folios between a write_begin and the first write_end, where the hooks say so.
  static constexpr std::size_t kBatchFolios = [] {
    if constexpr (requires { Hooks::kBatchFolios; }) return Hooks::kBatchFolios;
    return std::size_t{1};
  }();

  Tapped(Hooks& hooks, Judge& judge)
      : hooks_(hooks), judge_(judge), seen_(blank(LoopState<W>{W{0}, W{0}, W{0}, W{0}, W{0}})) {}

  IterState<W> iter() const { return hooks_.iter(); }

  void throttle() {
    judge_.lock_wanted(rank_of<Throttle>, W{0});
    hooks_.throttle();
  }

  W fault_in(const W& n) {
    judge_.lock_wanted(rank_of<UserMemory>, W{0});
    const IterState<W> before = hooks_.iter();
    const W unreadable = hooks_.fault_in(n);
    judge_.step(IterStep<W>{action(IterAction::fault_in), n, unreadable, before, hooks_.iter()});
    seen_.asked_in = n;
    seen_.unreadable = unreadable;
    return unreadable;
  }

  TruthOf<W> fatal_signal() { return hooks_.fatal_signal() || judge_.wants_stop(); }

  Folio write_begin(const W& pos, const W& want) {
    Folio folio = hooks_.write_begin(pos, want);
    if (first_begin_) {
      seen_.want = want;
      seen_.begin_error = folio.error;
    }
    first_begin_ = false;
    return folio;
  }

  W copy(Folio& folio, const W& pos, const W& n) {
    const IterState<W> before = hooks_.iter();
    const W copied = hooks_.copy(folio, pos, n);
    judge_.step(IterStep<W>{action(IterAction::copy), n, copied, before, hooks_.iter()});
    seen_.copied = seen_.copied + copied;
    return copied;
  }

  W write_end(Folio& folio, const W& pos, const W& n, const W& copied) {
    const W status = hooks_.write_end(folio, pos, n, copied);
    const auto failed = is_error(status);
    if (first_end_) seen_.end_error = ite(failed, status, W{0});
    first_end_ = false;
    seen_.prepared = seen_.prepared + n;
    seen_.accepted = seen_.accepted + ite(failed, W{0}, status);
    return status;
  }

  void revert(const W& n) {
    const IterState<W> before = hooks_.iter();
    hooks_.revert(n);
    judge_.step(IterStep<W>{action(IterAction::revert), n, n, before, hooks_.iter()});
  }

  void attempt_begins(const LoopState<W>& loop) {
    seen_ = blank(loop);
    seen_.left_before = hooks_.iter().left;
    first_begin_ = first_end_ = true;
    hooks_.attempt_begins(loop);
  }

  void attempt_ends(const LoopState<W>& loop, bool goes_on) {
    hooks_.attempt_ends(loop, goes_on);
    seen_.goes_on = goes_on ? 1 : 0;
    seen_.after = loop;
    seen_.left_after = hooks_.iter().left;
    judge_.attempt(seen_);
  }

 private:
  static W action(IterAction a) { return W{static_cast<std::uint64_t>(a)}; }

  static Attempt<W> blank(const LoopState<W>& loop) {
    const W none{0};
    return {loop, none, none, none, none, none, none, none, none, none, none, loop, none};
  }

  Hooks& hooks_;
  Judge& judge_;
  Attempt<W> seen_;
  bool first_begin_ = true, first_end_ = true;
};

}  // namespace quire::spec
