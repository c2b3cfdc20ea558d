// The locks of XFS that each task holds, as far as its trace shows.
#pragma once

#include "props/trace/event.h"
#include "spec/locks/order.h"
#include "spec/locks/steps.h"

#include <cstdint>
#include <map>
#include <vector>

namespace quire::props::trace {

/// A trace is not complete. The VFS takes and drops the IOLOCK and the MMAPLOCK by itself
/// (inode_lock, filemap_invalidate_lock) around truncate, reflink and others; and a trylock has an
/// event whether it succeeds or not. So a trylock does not count as held, a release of a lock that
/// is not held here is ignored, and the order is judged among the locks that were waited for.
class HeldLocks {
 public:
  using Number = std::uint64_t;

  /// The waits that the event means, outermost first, each judged against the locks that the task
  /// then holds; afterwards the locks are held, or dropped. A trylock waits for nothing (LK-1), and
  /// a demotion changes nothing that the order knows of.
  template <class Judge>
  void take(const Event& event, const LockEvent& lock, const Judge& judge) {
    std::vector<Held>& held = tasks_[event.task];
    for (const Number rank : ranks_of(lock)) {
      if (lock.verb == LockEvent::Verb::waits) {
        judge(wants(event.task, rank, event.ino));
        held.push_back({rank, event.ino});
      }
      if (lock.verb == LockEvent::Verb::drops)
        std::erase_if(held, [&](const Held& h) { return h.rank == rank && h.ino == event.ino; });
    }
  }

  /// The step of waiting for a lock of `rank`, of file `ino`.
  spec::LockStep<Number> wants(Number task, Number rank, Number ino) {
    spec::HeldLocks<Number> all;
    for (const Held& h : tasks_[task]) all.take(h.rank, h.ino);
    return all.wants(rank, ino);
  }

  /// Bit r: the task holds a lock of rank r.
  Number held(Number task) { return wants(task, 0, 0).held; }

 private:
  struct Held {
    Number rank, ino;
  };

  static std::vector<Number> ranks_of(const LockEvent& lock) {
    std::vector<Number> ranks;
    if (lock.iolock) ranks.push_back(spec::rank_of<spec::Iolock>);
    if (lock.mmaplock) ranks.push_back(spec::rank_of<spec::InvalidateLock>);
    if (lock.ilock) ranks.push_back(spec::rank_of<spec::BlockMapLock>);
    return ranks;
  }

  std::map<Number, std::vector<Held>> tasks_;
};

}  // namespace quire::props::trace
