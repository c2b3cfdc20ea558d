// The recorder of a subject whose command and actor take turns.
#pragma once

#include "props/actors/turns.h"
#include "props/judge/judge.h"
#include "spec/locks/order.h"

#include <variant>

namespace quire::props {

/// Passes each step on to the judge of the thread that takes it, and lets the other thread run at
/// the yield points that it passes.
class TurnRecorder final : public spec::Recorder {
 public:
  /// All must outlive this object.
  TurnRecorder(Judge& command, Judge& actor, Turns& turns)
      : command_(command), actor_(actor), turns_(turns) {}

  /// Before each Turns::run().
  void calls_begin() {
    command_has_iolock_ = false;
    before_ = 0;
  }
  /// How many of the actor's calls got their iolock before the command got its own.
  std::size_t before() const { return before_; }

  void attempt(const spec::Attempt<Number>& a) override { judge().attempt(a); }
  void loop_call(const spec::LoopCall<Number>& call) override { judge().loop_call(call); }
  void step(const spec::Step& step) override {
    // Its counts are of the volume, which another thread may have changed within the pass.
    const bool of_the_volume = std::holds_alternative<spec::ThrottlePass<Number>>(step);
    if (!of_the_volume || !turns_.is_running()) judge().step(step);
  }
  void write_end(const spec::WriteEnd<Number>& op) override { judge().write_end(op); }
  void error_event(const spec::ErrorEvent& event) override { judge().error_event(event); }
  void lock_wanted(Number rank, Number key) override {
    judge().lock_wanted(rank, key);
    turns_.pass(
        rank == spec::rank_of<spec::FolioLock>    ? YieldPoint::folio_wanted
        : rank == spec::rank_of<spec::UserMemory> ? YieldPoint::memory
        : rank == spec::rank_of<spec::Throttle>   ? YieldPoint::throttle
                                                  : YieldPoint::other_lock);
  }
  void lock_taken(Number rank, Number key) override {
    judge().lock_taken(rank, key);
    if (rank == spec::rank_of<spec::Iolock>) note_iolock();
    turns_.pass(is_folio(rank) ? YieldPoint::folio_held : YieldPoint::other_lock);
  }
  void lock_dropped(Number rank, Number key) override {
    judge().lock_dropped(rank, key);
    turns_.pass(is_folio(rank) ? YieldPoint::folio_dropped : YieldPoint::other_lock);
  }
  void folio_unlock(Number folio_pos, Number file_size, bool folio_dirty) override {
    judge().folio_unlock(folio_pos, file_size, folio_dirty);
  }
  bool wants_stop() override { return judge().wants_stop(); }

 private:
  static bool is_folio(Number rank) { return rank == spec::rank_of<spec::FolioLock>; }
  Judge& judge() { return turns_.is_running() && turns_.actor_runs() ? actor_ : command_; }

  void note_iolock() {
    if (!turns_.is_running() || !turns_.actor_runs()) {
      command_has_iolock_ = true;
    } else if (!command_has_iolock_) {
      before_ = turns_.call() + 1;
    }
  }

  Judge& command_;
  Judge& actor_;
  Turns& turns_;
  bool command_has_iolock_ = false;
  std::size_t before_ = 0;
};

}  // namespace quire::props
