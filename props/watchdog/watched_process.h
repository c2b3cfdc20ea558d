// Work in processes of its own, which may crash, hang or exit without harm to the one that asks.
#pragma once

#include "props/watchdog/hang.h"
#include "props/watchdog/journal.h"

#include <functional>
#include <string>
#include <vector>

namespace quire::props {

/// How a process ended.
struct Ending {
  enum class Kind {
    answered,  ///< its work returned
    exited,    ///< by exit(3), before that
    killed,    ///< by a signal
    hung       ///< and was ended
  };
  Kind kind = Kind::answered;
  int code = 0;        ///< the exit status, or the signal
  std::string hang;    ///< of hung: how
  std::string answer;  ///< of answered: what the work returned
  std::string words;   ///< what it wrote to standard error, at most 64 KiB
};

/// A part of the work, and the journal of the process that does it.
struct WatchedWork {
  std::function<std::string()> run;  ///< must not throw
  Journal* journal;                  ///< in shared memory (Board)
};

/// Runs each part in a forked child, all at a time, and waits until every child has ended and is
/// reaped. A child that hangs is killed. Children die with the calling thread, and leave nothing
/// but what they gave a name outside of themselves.
///
/// The calling process must have no other thread: a child has one alone. Flush standard output
/// first. tick: called about ten times a second. ended: called once for each child that has ended.
/// Both may be empty. Throws std::system_error where no process can be made.
std::vector<Ending> run_watched(
    const std::vector<WatchedWork>& parts, const HangLimits& limits,
    const std::function<void()>& tick,
    const std::function<void(std::size_t, const Ending&)>& ended);

/// Journals in shared memory.
class Board {
 public:
  /// Throws std::system_error.
  explicit Board(std::size_t journals);
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;
  ~Board();

  Journal& journal(std::size_t i) { return journals_[i]; }

  /// The number of the first case that failed, so far; the largest number there is if none has.
  std::uint64_t first_failure() const;
  /// A case has failed. Any process may call.
  void failed(std::uint64_t number);

 private:
  std::size_t count_;
  std::atomic<std::uint64_t>* first_failure_;
  Journal* journals_;
};

}  // namespace quire::props
