// Hooks that record iomap's loops: they pass each call on to other hooks, and report it to a judge.
#pragma once

#include "spec/linux/iomap/hooks.h"
#include "spec/locks/order.h"

namespace quire::spec {

/// Wraps the `Hooks` of the outer loop. Judge receives judge.step(IomapIteration<W>).
template <Word W, IomapHooks<W> Hooks, class Judge>
class TappedIomap {
 public:
  using Mapping = typename Hooks::Mapping;

  TappedIomap(Hooks& hooks, Judge& judge)
      : hooks_(hooks), judge_(judge), seen_(blank(IomapState<W>{W{0}, W{0}, W{0}})) {}

  Mapping begin(const W& pos, const W& left) {
    Mapping mapping = hooks_.begin(pos, left);
    seen_.begin_error = mapping.error;
    seen_.map_end = mapping.end;
    seen_.source_end = mapping.source_end;
    return mapping;
  }

  BodyDone<W> body(Mapping& mapping, const W& pos, const W& length) {
    const BodyDone<W> done = hooks_.body(mapping, pos, length);
    seen_.length = length;
    seen_.advanced = done.advanced;
    seen_.body_status = done.status;
    seen_.stale = done.stale;
    return done;
  }

  W end(Mapping& mapping, const W& pos, const W& length, const W& advanced) {
    const W error = hooks_.end(mapping, pos, length, advanced);
    seen_.ends = seen_.ends + 1;
    seen_.end_pos = pos;
    seen_.end_length = length;
    seen_.end_written = advanced;
    seen_.end_error = error;
    return error;
  }

  void iteration_begins(const IomapState<W>& iter) {
    seen_ = blank(iter);
    hooks_.iteration_begins(iter);
  }

  void iteration_ends(const IomapState<W>& iter, bool goes_on) {
    hooks_.iteration_ends(iter, goes_on);
    seen_.goes_on = goes_on ? 1 : 0;
    seen_.after = iter;
    judge_.step(seen_);
  }

 private:
  static IomapIteration<W> blank(const IomapState<W>& iter) {
    const W none{0};
    return {iter, none, none, none, none, none, none, none,
            none, none, none, none, none, none, iter};
  }

  Hooks& hooks_;
  Judge& judge_;
  IomapIteration<W> seen_;
};

/// Wraps the `Hooks` of the body of a write. Judge receives judge.step() of IomapAttempt<W> and
/// IterStep<W>, and judge.lock_wanted(rank, key) for the waits that the loop itself asks for.
template <Word W, IomapWriteHooks<W> Hooks, class Judge>
class TappedIomapWrite {
 public:
  using Folio = typename Hooks::Folio;

  /// nowait: 1, the write must not wait.
  TappedIomapWrite(Hooks& hooks, Judge& judge, const W& nowait)
      : hooks_(hooks), judge_(judge), nowait_(nowait), seen_(blank()) {}

  IterState<W> iter() const { return hooks_.iter(); }

  W throttle() {
    if (nowait_ == 0) judge_.lock_wanted(rank_of<Throttle>, W{0});
    return hooks_.throttle();
  }

  W fault_in(const W& n) {
    judge_.lock_wanted(rank_of<UserMemory>, W{0});
    const IterState<W> before = hooks_.iter();
    const W unreadable = hooks_.fault_in(n);
    step(IterAction::fault_in, n, unreadable, before);
    seen_.loop.asked_in = n;
    seen_.loop.unreadable = unreadable;
    return unreadable;
  }

  Folio write_begin(const W& pos, const W& want) {
    Folio folio = hooks_.write_begin(pos, want);
    seen_.loop.want = want;
    seen_.loop.begin_error = folio.error;
    seen_.stale = folio.stale;
    return folio;
  }

  W copy(Folio& folio, const W& pos, const W& n) {
    const IterState<W> before = hooks_.iter();
    const W copied = hooks_.copy(folio, pos, n);
    step(IterAction::copy, n, copied, before);
    seen_.loop.copied = copied;
    return copied;
  }

  W write_end(Folio& folio, const W& pos, const W& n, const W& copied) {
    const W accepted = hooks_.write_end(folio, pos, n, copied);
    seen_.loop.prepared = n;
    seen_.loop.accepted = accepted;
    return accepted;
  }

  W size() const { return hooks_.size(); }
  void set_size(const W& size) { hooks_.set_size(size); }
  void put_folio(Folio& folio) { hooks_.put_folio(folio); }
  void size_extended(const W& from, const W& to) { hooks_.size_extended(from, to); }
  void write_failed(const W& pos, const W& n) { hooks_.write_failed(pos, n); }

  void revert(const W& n) {
    const IterState<W> before = hooks_.iter();
    hooks_.revert(n);
    step(IterAction::revert, n, n, before);
  }

  void attempt_begins(const IomapBody<W>& body) {
    seen_ = blank();
    seen_.loop.before = body.loop;
    seen_.loop.left_before = hooks_.iter().left;
    seen_.map_end = body.map_end;
    seen_.nowait = nowait_;
    seen_.size_before = hooks_.size();
    hooks_.attempt_begins(body);
  }

  void attempt_ends(const IomapBody<W>& body, bool goes_on) {
    hooks_.attempt_ends(body, goes_on);
    seen_.loop.goes_on = goes_on ? 1 : 0;
    seen_.loop.after = body.loop;
    seen_.loop.left_after = hooks_.iter().left;
    seen_.size_after = hooks_.size();
    judge_.step(seen_);
  }

 private:
  void step(IterAction action, const W& n, const W& result, const IterState<W>& before) {
    judge_.step(
        IterStep<W>{W{static_cast<std::uint64_t>(action)}, n, result, before, hooks_.iter()});
  }

  static IomapAttempt<W> blank() {
    const W none{0};
    const LoopState<W> loop{none, none, none, none, none};
    return {
        {loop, none, none, none, none, none, none, none, none, none, none, loop, none},
        none,
        none,
        none,
        none,
        none};
  }

  Hooks& hooks_;
  Judge& judge_;
  W nowait_;
  IomapAttempt<W> seen_;
};

}  // namespace quire::spec
