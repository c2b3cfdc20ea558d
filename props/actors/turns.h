// Two threads that take turns, so that every interleaving of a case can be played again.
#pragma once

#include "impl/turns.h"
#include "props/actors/yield_point.h"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace quire::props {

/// A call that an actor, the second thread, makes while a command runs.
struct ActorCall {
  YieldPoint point;     ///< it begins where the command passes one of this kind
  std::uint64_t at;     ///< for the at-th time, from 0; behind the command if it never does
  std::uint64_t pause;  ///< it hands back when it has passed so many yield points itself; 0: never
  std::function<void()> call;
};

/// Runs a command on the calling thread and calls of an actor on a second one. Exactly one of them
/// runs at any time: the command until it comes to an actor's yield point, the actor until it is
/// done, pauses, or waits for a lock; then the command goes on, and an actor that waits tries again
/// when the command waits or is done.
///
/// The second thread lives as long as this object: make one for many cases. run() is for one thread
/// at a time; pass() and wait() are for the thread that runs.
class Turns final : public impl::Turns {
 public:
  /// Thrown out of a wait that cannot end, to end the call.
  struct Abandoned {};

  Turns() = default;
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns();

  /// Returns when the command and all calls are done. Throws what one of them has thrown.
  void run(const std::function<void()>& command, std::vector<ActorCall> calls);

  /// Whether run() is at work.
  bool is_running() const { return running_; }
  /// Whether the actor is the one that runs.
  bool actor_runs() const { return runs_ == Thread::actor; }
  /// The call that the actor makes, or makes next, counted from 0.
  std::size_t call() const { return next_; }

  /// The thread that runs passes a yield point: the other one may run here.
  void pass(YieldPoint point);

  /// Throws Abandoned if neither thread can go on, and then deadlock() says so.
  void wait(std::uint64_t rank, std::uint64_t key) override;
  void device_io() override { pass(YieldPoint::device); }

  /// Of the last run(): the waits of a deadlock, as a person reads them.
  const std::optional<std::string>& deadlock() const { return deadlock_; }
  /// Of the last run(), for each call: whether it began at its point, and not behind the command.
  const std::vector<bool>& began_at_point() const { return at_point_; }
  /// Of the last run(): the ranks of the locks that a thread found held, as a set of bits.
  std::uint64_t contended() const { return contended_; }

 private:
  enum class Thread : std::size_t { command, actor };
  struct Wait {
    std::uint64_t rank, key;
    std::uint64_t progress;  ///< what progress_ was
  };

  static Thread other(Thread thread) {
    return thread == Thread::command ? Thread::actor : Thread::command;
  }
  std::optional<Wait>& wait_of(Thread thread) { return waits_[static_cast<std::size_t>(thread)]; }
  bool can_go_on(Thread thread) const {
    return thread == Thread::command ? !command_done_ : acting_;
  }
  void begin(bool at_point);
  /// The actor's thread: makes the calls of each run().
  void serve();
  void act();
  void finish_calls();
  /// Lets the other thread run, until it hands back.
  void hand_over();
  void give_up(const Wait& mine);

  std::mutex mutex_;  // of runs_, where no thread has the turn yet
  std::condition_variable changed_;
  Thread runs_ = Thread::command;
  bool running_ = false;
  std::thread actor_;  // from the first run() on
  bool ends_ = false;  // the thread of the actor

  std::vector<ActorCall> calls_;
  std::size_t next_ = 0;      // the call that has not ended
  bool acting_ = false;       // it has begun
  std::uint64_t passed_ = 0;  // points that it has passed
  bool command_done_ = false;
  std::array<std::uint64_t, kYieldPointNames.size()> seen_{};  // that the command has passed

  std::uint64_t progress_ = 0;  // grows with each yield point that a thread passes
  std::array<std::optional<Wait>, 2> waits_{};
  bool abandoned_ = false;
  std::optional<std::string> deadlock_;
  std::exception_ptr error_;  // of a call
  std::vector<bool> at_point_;
  std::uint64_t contended_ = 0;
};

}  // namespace quire::props
