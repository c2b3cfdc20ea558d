// The lock order of the write path, and what it forbids.
//
// The tuple `lock_order` is the one place that ranks lock classes: a thread that holds a lock may
// block only on classes further down. The ranks that the recorder judges, the proofs' acquisition
// steps and impl's thread-safety annotations all follow it.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/equal.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/index_if.hpp>
#include <boost/hana/optional.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace quire::spec {

/// The position of one open handle, while a call without an offset uses it.
struct PositionLock {
  static constexpr const char* name = "position lock";
};
/// One file's reads (shared) and writes and truncates (exclusive).
struct Iolock {
  static constexpr const char* name = "iolock";
};
/// One pass of writeback over a file; a throttled writer waits for it, or makes it.
struct Throttle {
  static constexpr const char* name = "throttle";
};
/// Waiting for a page of the caller's memory: whoever supplies it may need any lock below this one.
struct UserMemory {
  static constexpr const char* name = "user memory";
};
/// One folio's contents and block states; several are taken in ascending file position.
struct FolioLock {
  static constexpr const char* name = "folio lock";
};
/// A file's table from page index to folio.
struct CacheIndex {
  static constexpr const char* name = "cache index";
};
/// A file's table from file block to device block (XFS: ILOCK), and its size.
struct BlockMapLock {
  static constexpr const char* name = "block map";
};
/// The volume's space manager.
struct SpaceLock {
  static constexpr const char* name = "space lock";
};

inline constexpr auto lock_order = boost::hana::tuple_t<
    PositionLock, Iolock, Throttle, UserMemory, FolioLock, CacheIndex, BlockMapLock, SpaceLock>;

/// The place of a lock class in the order; 0 is outermost.
template <class LockClass>
inline constexpr std::uint64_t rank_of = std::remove_cvref_t<decltype(*boost::hana::index_if(
    lock_order, boost::hana::equal.to(boost::hana::type_c<LockClass>)))>::value;

/// The name of the class at a rank, or "?".
inline std::string lock_name(std::uint64_t rank) {
  std::string name = "?";
  std::uint64_t at = 0;
  boost::hana::for_each(lock_order, [&](auto type) {
    if (at++ == rank) name = decltype(type)::type::name;
  });
  return name;
}

/// One blocking acquisition: what the thread holds, and what it is about to wait for.
template <class W>
struct LockStep {
  BOOST_HANA_DEFINE_STRUCT(LockStep,
    (W, held),      // bit r: a lock of rank r is held
    (W, held_key),  // of the locks held at the wanted rank, the key taken last
    (W, rank),      // rank of the lock that is wanted
    (W, key)        // which one of its class; a folio's key is its first byte in the file
  );
};

/// Whether a lock of `rank` is among `held`.
template <class W>
TruthOf<W> holds_rank(const W& held, const W& rank) {
  return (rsh(held, rank) & 1) != 0;
}

inline constexpr auto acquires_in_order = clause(
    {.operation = "locks",
     .name = "acquires_in_order",
     .says =
         "A thread waits only for a lock that stands below every lock it holds, and for a second "
         "folio only above the first.",
     .source = "LK-1, semantics of section 6"},
    []<class W>(const LockStep<W>& step) {
      const W folio_rank = rank_of<FolioLock>;
      return rsh(step.held, step.rank + 1) == 0 &&
             implies(
                 holds_rank(step.held, step.rank),
                 step.rank == folio_rank && step.held_key < step.key);
    });

inline constexpr auto no_wait_under_folio = clause(
    {.operation = "locks",
     .name = "no_wait_under_folio",
     .says =
         "No page of the caller's memory is waited for, and no writer is throttled, while a folio "
         "is locked.",
     .source = "GPW-6, LK-4, LK-8, BDP-1"},
    []<class W>(const LockStep<W>& step) {
      const W user = rank_of<UserMemory>;
      const W throttle = rank_of<Throttle>;
      const W folio = rank_of<FolioLock>;
      return implies(step.rank == user || step.rank == throttle, !holds_rank(step.held, folio));
    });

inline constexpr auto lock_clauses =
    boost::hana::make_tuple(acquires_in_order, no_wait_under_folio);

/// The locks that one thread holds, in the order taken.
template <class W>
class HeldLocks {
 public:
  /// The step of waiting for a lock of `LockClass`; does not take it.
  LockStep<W> wants(std::uint64_t rank, const W& key) const {
    LockStep<W> step{W{0}, W{0}, W{rank}, key};
    for (const Held& lock : held_) {
      step.held = step.held | W{std::uint64_t{1} << lock.rank};
      if (lock.rank == rank) step.held_key = lock.key;
    }
    return step;
  }

  void take(std::uint64_t rank, const W& key) { held_.push_back({rank, key}); }

  /// Drops the lock of `rank` taken first. A folio's locks may be dropped in any order; the order
  /// of keys among those that remain is kept.
  void drop(std::uint64_t rank) {
    for (auto it = held_.begin(); it != held_.end(); ++it) {
      if (it->rank != rank) continue;
      held_.erase(it);
      return;
    }
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
