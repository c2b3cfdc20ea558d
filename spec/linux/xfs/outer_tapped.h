// Hooks that record XFS's outer write path: they pass each call on to other hooks, and report it to
// a judge.
#pragma once

#include "spec/linux/xfs/outer.h"
#include "spec/linux/xfs/outer_call.h"
#include "spec/linux/xfs/outer_hooks.h"
#include "spec/word.h"

namespace quire::spec {

/// Wraps `Hooks`. Judge receives judge.step(OuterStep<W>). The ghosts of the records are kept here,
/// from the calls that pass and not from the path's own state.
template <Word W, OuterHooks<W> Hooks, class Judge>
class OuterTapped {
 public:
  /// total: bytes that the call is given. nowait: 1 if it must not wait. pos: where it writes.
  OuterTapped(Hooks& hooks, Judge& judge, const W& total, const W& nowait, const W& pos)
      : hooks_(hooks), judge_(judge), total_(total), nowait_(nowait), pos_(pos) {}

  W left() const { return hooks_.left(); }
  W size() const { return hooks_.size(); }
  void reexpand(const W& total) { hooks_.reexpand(total); }
  TruthOf<W> layout_is_leased() { return hooks_.layout_is_leased(); }
  TruthOf<W> drops_privileges() { return hooks_.drops_privileges(); }

  W lock(const W& mode, const W& nowait) {
    OuterStep<W> step = before(OuterAction::lock);
    step.asked = mode;
    step.result = hooks_.lock(mode, nowait);
    const auto had = step.result == 0;
    iolock_ = ite(had, mode, iolock_);
    locks_ = locks_ + ite(had, W{1}, W{0});
    size_had_ = size_left_ = size();
    left_had_ = left();
    clear_ghosts();
    record(step);
    return step.result;
  }

  void unlock(const W& mode) {
    OuterStep<W> step = before(OuterAction::unlock);
    step.asked = mode;
    size_left_ = size();
    hooks_.unlock(mode);
    iolock_ = W{word_of(IolockMode::none)};
    unlocks_ = unlocks_ + 1;
    clear_ghosts();
    record(step);
  }

  W check(W& pos) {
    OuterStep<W> step = before(OuterAction::check);
    step.result = hooks_.check(pos);
    pos_ = pos;
    left_had_ = left();
    checked_ = ite(step.result == 0, W{1}, W{0});
    record(step);
    return step.result;
  }

  W break_layout() {
    return recorded(OuterAction::break_layout, [&] { return hooks_.break_layout(); });
  }

  void drain() {
    OuterStep<W> step = before(OuterAction::drain);
    hooks_.drain();
    drained_ = ite(iolock_ == word_of(IolockMode::exclusive), W{1}, W{0});
    checked_ = W{0};  // the size may have moved
    size_had_ = size_left_ = size();
    record(step);
  }

  void lock_invalidate() {
    hooks_.lock_invalidate();
    invalidate_ = W{1};
  }
  void unlock_invalidate() {
    hooks_.unlock_invalidate();
    invalidate_ = W{0};
  }

  W zero(const W& from, const W& to) {
    OuterStep<W> step = before(OuterAction::zero);
    step.asked = from;
    step.result = hooks_.zero(from, to);
    zeroed_ = ite(step.result == 0, to, W{0});
    gap_ends_ = to;
    record(step);
    return step.result;
  }

  W modify(const W& nowait) {
    OuterStep<W> step = before(OuterAction::modify);
    step.result = hooks_.modify(nowait);
    modified_ = ite(step.result == 0, W{1}, W{0});
    record(step);
    return step.result;
  }

  W write(const W& pos, const W& nowait) {
    OuterStep<W> step = before(OuterAction::write);
    step.pos = pos;
    step.result = hooks_.write(pos, nowait);
    wrote_ = step.result;
    untouched_ = ite(left() == step.left && size() == step.size, W{1}, W{0});
    writes_ = writes_ + 1;
    record(step);
    return step.result;
  }

  void flush() {
    OuterStep<W> step = before(OuterAction::flush);
    hooks_.flush();
    flushes_ = flushes_ + 1;
    record(step);
  }
  void quota_gc() {
    OuterStep<W> step = before(OuterAction::quota_gc);
    hooks_.quota_gc();
    scans_ = scans_ + 1;
    record(step);
  }
  void space_gc() {
    OuterStep<W> step = before(OuterAction::space_gc);
    hooks_.space_gc();
    scans_ = scans_ + 1;
    record(step);
  }

  void account(const W& bytes) {
    OuterStep<W> step = before(OuterAction::account);
    step.asked = bytes;
    hooks_.account(bytes);
    record(step);
  }

  /// The record of the whole call, but for `reserved`, `counted` and `ahead`, which the hooks'
  /// owner adds.
  OuterCall<W> call(const W& result) const {
    const W none{word_of(IolockMode::none)};
    return {
        nowait_,
        {none, left_had_, size_had_, W{0}, W{0}, W{0}},
        {iolock_, left(), size_left_, W{0}, W{0}, W{0}},
        locks_,
        unlocks_,
        writes_,
        scans_,
        pos_,
        gap_ends_,
        result};
  }

 private:
  OuterStep<W> before(OuterAction action) const {
    return {
        W{static_cast<std::uint64_t>(action)},
        nowait_,
        W{0},
        W{0},
        iolock_,
        iolock_,
        invalidate_,
        total_,
        left(),
        pos_,
        size(),
        checked_,
        drained_,
        zeroed_,
        modified_,
        wrote_,
        untouched_,
        flushes_,
        scans_};
  }

  void record(OuterStep<W>& step) {
    step.iolock_after = iolock_;
    judge_.step(step);
  }

  template <class Do>
  W recorded(OuterAction action, Do&& what) {
    OuterStep<W> step = before(action);
    step.result = what();
    record(step);
    return step.result;
  }

  void clear_ghosts() { checked_ = drained_ = zeroed_ = modified_ = W{0}; }

  Hooks& hooks_;
  Judge& judge_;
  W total_, nowait_, pos_;
  W iolock_{word_of(IolockMode::none)}, invalidate_{0};
  W checked_{0}, drained_{0}, zeroed_{0}, modified_{0};
  W wrote_{0}, untouched_{0}, left_had_{0}, size_had_{0}, size_left_{0};
  W locks_{0}, unlocks_{0}, writes_{0}, flushes_{0}, scans_{0}, gap_ends_{0};
};

}  // namespace quire::spec
