// Hooks of XFS's outer write path whose every answer is a given word, from a Source of vectors.h: a
// vector of the path is one run on them.
#pragma once

#include "spec/linux/xfs/outer.h"
#include "spec/linux/xfs/outer_hooks.h"
#include "spec/vectors/vectors.h"
#include "spec/word.h"

#include <cerrno>

namespace quire::spec {

/// The hooks. Others may change the size while the IOLOCK is free, and while the path waits for
/// direct I/O.
template <Word W, class Source>
class OuterVectorHooks {
 public:
  OuterVectorHooks(Source& source, const OuterState<W>& state)
      : source_(source), nowait_(state.nowait), left_(state.total), size_(any_size()) {}

  W left() const { return left_; }
  W size() const { return size_; }
  void reexpand(const W& total) {
    source_.asks("reexpand", {total});
    left_ = total;
  }

  W lock(const W& mode, const W& nowait) {
    source_.asks("lock", {mode, nowait});
    size_ = any_size();
    const auto busy = source_.word("busy", 1) != 0;
    return ite(nowait != 0 && busy, W{error(EAGAIN)}, W{0});
  }
  void unlock(const W& mode) { source_.asks("unlock", {mode}); }

  W check(W& pos) {
    source_.attempt_begins();
    source_.asks("check", {pos});
    const W failure = failure_of("check_errno");
    const W kept = source_.word("kept", kCountWidth);
    const auto appends = source_.word("appends", 1) != 0;
    left_ = ite(failure == 0, kept, left_);
    pos = ite(failure == 0 && appends, size_, pos);
    return failure;
  }
  TruthOf<W> layout_is_leased() {
    source_.asks("layout_is_leased", {});
    return source_.word("leased", 1) != 0;
  }
  W break_layout() {
    source_.asks("break_layout", {});
    return failure_of("layout_errno");
  }
  TruthOf<W> drops_privileges() {
    source_.asks("drops_privileges", {});
    return source_.word("drops_privileges", 1) != 0;
  }
  void drain() {
    source_.asks("drain", {});
    size_ = any_size();
  }
  void lock_invalidate() { source_.asks("lock_invalidate", {}); }
  void unlock_invalidate() { source_.asks("unlock_invalidate", {}); }
  W zero(const W& from, const W& to) {
    source_.asks("zero", {from, to});
    return failure_of("zero_errno");
  }
  W modify(const W& nowait) {
    source_.asks("modify", {nowait});
    return failure_of("modify_errno");
  }

  /// iomap's result: an error with no byte consumed (ITR-5), or some bytes (ITR-4).
  W write(const W& pos, const W& nowait) {
    source_.asks("write", {pos, nowait});
    const W failure = failure_of("write_errno");
    const W taken = source_.word("taken", kCountWidth);
    source_.suppose(taken != 0);
    source_.suppose(taken <= left_);
    left_ = left_ - ite(failure == 0, taken, W{0});
    size_ = ite(failure == 0, max(size_, pos + taken), size_);
    return ite(failure == 0, taken, failure);
  }
  void flush() { source_.asks("flush", {}); }
  void quota_gc() { source_.asks("quota_gc", {}); }
  void space_gc() { source_.asks("space_gc", {}); }
  void account(const W& bytes) {
    source_.asks("account", {bytes});
    counted_ = counted_ + bytes;
  }

  const W& counted() const { return counted_; }

 private:
  W any_size() { return source_.word("size", 62); }

  /// 0 or an error; EAGAIN only for a call that must not wait (IOM-7).
  W failure_of(const char* name) {
    const W code = source_.word(name, kErrnoWidth);
    source_.suppose(nowait_ != 0 || code != EAGAIN);
    return W{0} - code;
  }

  Source& source_;
  W nowait_, left_, size_, counted_{0};
};

/// The start of a whole call. Fields that the call has to set itself have the values that a former
/// call might have left.
template <Word W, class Source>
OuterState<W> before_an_outer_call(Source& source) {
  const W nowait = source.word("nowait", 1);
  const W total = source.word("total", kCountWidth);
  const W pos = source.word("start", 62);
  const W exclusive{word_of(IolockMode::exclusive)};
  return {nowait, total, pos, exclusive, W{1}, W{1}, W{0}};
}

/// The mode in which a call first takes the IOLOCK.
template <Word W, class Source>
IolockMode mode_of_a_call(Source& source) {
  const W mode = source.word("mode", 2);
  if (mode == word_of(IolockMode::shared)) return IolockMode::shared;
  source.suppose(mode == word_of(IolockMode::exclusive));
  return IolockMode::exclusive;
}

/// Any state in which the checks are made: with the IOLOCK held.
template <Word W, class Source>
OuterState<W> before_the_checks(Source& source) {
  OuterState<W> state = before_an_outer_call<W>(source);
  state.iolock = source.word("iolock", 2);
  state.drained = source.word("drained", 1);
  state.retried = source.word("retried", 1);
  source.suppose(state.iolock != word_of(IolockMode::none));
  source.suppose(state.iolock <= word_of(IolockMode::exclusive));
  return state;
}

}  // namespace quire::spec
