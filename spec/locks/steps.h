// One wait for a lock, its clauses, and the locks that a thread holds.
#pragma once

#include "spec/clause.h"
#include "spec/locks/order.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace quire::spec {

/// One blocking acquisition: what the thread holds, and what it is about to wait for.
template <class W>
struct LockStep {
  BOOST_HANA_DEFINE_STRUCT(LockStep,
    (W, held),      // bit r: a lock of rank r is held
    (W, held_key),  // the highest key of the locks held at the wanted rank
    (W, rank),      // rank of the lock that is wanted
    (W, key)        // which lock of its class; a folio's key is its first byte in the file
  );
};

inline constexpr auto acquires_in_order = clause(
    {.operation = "locks",
     .name = "acquires_in_order",
     .says = "A thread waits only for a lock below every lock that it holds, and for a second lock "
             "of a class only where the class allows several, in ascending key.",
     .source = "LK-1, semantics of section 6"},
    []<class W>(const LockStep<W>& step) {
      return rsh(step.held, step.rank + 1) == 0 &&
             implies(
                 holds_rank(step.held, step.rank),
                 holds_rank(W{several_mask}, step.rank) && step.held_key < step.key);
    });

inline constexpr auto no_wait_under_folio = clause(
    {.operation = "locks",
     .name = "no_wait_under_folio",
     .says = "A thread that holds a folio lock waits neither for a page of the caller's memory nor "
             "in the throttle.",
     .source = "GPW-6, LK-4, LK-8, BDP-1"},
    []<class W>(const LockStep<W>& step) {
      const W user = rank_of<UserMemory>;
      const W throttle = rank_of<Throttle>;
      const W folio = rank_of<FolioLock>;
      return implies(step.rank == user || step.rank == throttle, !holds_rank(step.held, folio));
    });

inline constexpr auto no_wait_under_block_map = clause(
    {.operation = "locks",
     .name = "no_wait_under_block_map",
     .says = "A thread that holds a block map waits for no page of the caller's memory, no "
             "throttle and no log space: the wait may need the block map to end.",
     .source = "LK-2, LK-5"},
    []<class W>(const LockStep<W>& step) {
      const W user = rank_of<UserMemory>;
      const W throttle = rank_of<Throttle>;
      const W transaction = rank_of<Transaction>;
      const W block_map = rank_of<BlockMapLock>;
      return implies(
          step.rank == user || step.rank == throttle || step.rank == transaction,
          !holds_rank(step.held, block_map));
    });

inline constexpr auto no_memory_under_invalidate_lock = clause(
    {.operation = "locks",
     .name = "no_memory_under_invalidate_lock",
     .says = "A thread that holds an invalidate lock waits for no page of the caller's memory: the "
             "page may be of that very file, and its fault needs the lock.",
     .source = "LK-4"},
    []<class W>(const LockStep<W>& step) {
      const W user = rank_of<UserMemory>;
      const W invalidate = rank_of<InvalidateLock>;
      return implies(step.rank == user, !holds_rank(step.held, invalidate));
    });

inline constexpr auto faults_take_no_iolock = clause(
    {.operation = "locks",
     .name = "faults_take_no_iolock",
     .says = "A page fault waits for no IOLOCK: the writer that waits for the page holds one.",
     .source = "LK-4"},
    []<class W>(const LockStep<W>& step) {
      const W iolock = rank_of<Iolock>;
      const W user = rank_of<UserMemory>;
      const W freeze = rank_of<FreezePagefault>;
      return implies(
          step.rank == iolock, !holds_rank(step.held, user) && !holds_rank(step.held, freeze));
    });

inline constexpr auto writeback_takes_no_file_lock = clause(
    {.operation = "locks",
     .name = "writeback_takes_no_file_lock",
     .says = "A pass of writeback waits for no IOLOCK and no invalidate lock: the thread that "
             "waits for the pass may hold them.",
     .source = "LK-6"},
    []<class W>(const LockStep<W>& step) {
      const W iolock = rank_of<Iolock>;
      const W invalidate = rank_of<InvalidateLock>;
      const W writeback = rank_of<WritebackLock>;
      return implies(
          step.rank == iolock || step.rank == invalidate, !holds_rank(step.held, writeback));
    });

inline constexpr auto takes_no_invalidate_lock_twice = clause(
    {.operation = "locks",
     .name = "takes_no_invalidate_lock_twice",
     .says = "A thread that holds a file's invalidate lock, as zeroing and unsharing do, does not "
             "wait for it again.",
     .source = "LK-9, DA-5"},
    []<class W>(const LockStep<W>& step) {
      const W invalidate = rank_of<InvalidateLock>;
      return implies(
          step.rank == invalidate && holds_rank(step.held, invalidate), step.held_key < step.key);
    });

/// The last one implies the others. It comes last so that a report has the more specific sentence.
inline constexpr auto lock_clauses = boost::hana::make_tuple(
    no_wait_under_folio, no_wait_under_block_map, no_memory_under_invalidate_lock,
    faults_take_no_iolock, writeback_takes_no_file_lock, takes_no_invalidate_lock_twice,
    acquires_in_order);

/// "waits for iolock 7, holds folio lock, block map".
inline std::string describe(const LockStep<std::uint64_t>& step) {
  std::string text =
      "waits for " + lock_name(step.rank) + " " + std::to_string(step.key) + ", holds";
  for (std::uint64_t rank = 0; rank < kLockClasses; ++rank) {
    if (!holds_rank(step.held, rank)) continue;
    text += text.ends_with("holds") ? " " : ", ";
    text += lock_name(rank);
    if (rank == step.rank) text += " " + std::to_string(step.held_key);
  }
  return text.ends_with("holds") ? text + " nothing" : text;
}

/// The locks that one thread holds.
template <class W>
class HeldLocks {
 public:
  /// The step of waiting for a lock; does not take it.
  LockStep<W> wants(std::uint64_t rank, const W& key) const {
    LockStep<W> step{W{0}, W{0}, W{rank}, key};
    bool again = false;
    for (const Held& lock : held_) {
      step.held = step.held | W{std::uint64_t{1} << lock.rank};
      if (lock.rank != rank) continue;
      step.held_key = again ? max(step.held_key, lock.key) : lock.key;
      again = true;
    }
    return step;
  }

  void take(std::uint64_t rank, const W& key) { held_.push_back({rank, key}); }

  /// Drops one lock, in any order. Returns whether it was held; if not, nothing changes.
  bool drop(std::uint64_t rank, const W& key) {
    for (auto it = held_.begin(); it != held_.end(); ++it) {
      if (it->rank != rank || !static_cast<bool>(it->key == key)) continue;
      held_.erase(it);
      return true;
    }
    return false;
  }

  bool empty() const { return held_.empty(); }

 private:
  struct Held {
    std::uint64_t rank;
    W key;
  };
  std::vector<Held> held_;
};

}  // namespace quire::spec
