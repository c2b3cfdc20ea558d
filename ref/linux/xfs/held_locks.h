// A recorder in front of the caller's that knows which locks are held.
#pragma once

#include "spec/recorder.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Forwards every call. held() answers for the one thread that uses a mount.
class HeldLocks final : public spec::Recorder {
 public:
  /// next: may be null.
  explicit HeldLocks(spec::Recorder* next) : next_(next) {}

  /// Bit r: a lock of rank r is held.
  Number held() const { return locks_.wants(0, 0).held; }

  template <class LockClass>
  bool holds() const {
    return spec::holds_rank(held(), Number{spec::rank_of<LockClass>});
  }

  void attempt(const spec::Attempt<Number>& step) override {
    if (next_ != nullptr) next_->attempt(step);
  }
  void loop_call(const spec::LoopCall<Number>& call) override {
    if (next_ != nullptr) next_->loop_call(call);
  }
  void step(const spec::Step& step) override {
    if (next_ != nullptr) next_->step(step);
  }
  void write_end(const spec::WriteEnd<Number>& op) override {
    if (next_ != nullptr) next_->write_end(op);
  }
  void error_event(const spec::ErrorEvent& event) override {
    if (next_ != nullptr) next_->error_event(event);
  }
  void lock_wanted(Number rank, Number key) override {
    if (next_ != nullptr) next_->lock_wanted(rank, key);
  }
  void lock_taken(Number rank, Number key) override {
    locks_.take(rank, key);
    if (next_ != nullptr) next_->lock_taken(rank, key);
  }
  void lock_dropped(Number rank, Number key) override {
    locks_.drop(rank, key);
    if (next_ != nullptr) next_->lock_dropped(rank, key);
  }
  void folio_unlock(Number folio_pos, Number file_size, bool folio_dirty) override {
    if (next_ != nullptr) next_->folio_unlock(folio_pos, file_size, folio_dirty);
  }
  bool wants_stop() override { return next_ != nullptr && next_->wants_stop(); }

 private:
  spec::Recorder* next_;
  spec::HeldLocks<Number> locks_;
};

}  // namespace quire::ref::xfs
