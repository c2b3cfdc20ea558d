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
#include <boost/hana/length.hpp>
#include <boost/hana/optional.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace quire::spec {

// Each class has a name, and says whether one thread may hold several locks of it: then they are
// taken in ascending key.

/// The position of one open handle, while a call without an offset uses it.
struct PositionLock {
  static constexpr const char* name = "position lock";
  static constexpr bool several = false;
};
/// Writers' share of a file system that may be frozen for a snapshot (Linux: sb_writers, write).
struct FreezeWrite {
  static constexpr const char* name = "freeze (write)";
  static constexpr bool several = false;
};
/// One file's reads (shared) and writes and truncates (exclusive). Key: the file's number.
struct Iolock {
  static constexpr const char* name = "iolock";
  static constexpr bool several = true;
};
/// Waiting until less is dirty. Whoever writes back ends it, and may need any lock below this one.
struct Throttle {
  static constexpr const char* name = "throttle";
  static constexpr bool several = false;
};
/// Waiting for a page of the caller's memory: whoever supplies it may need any lock below this one
/// (Linux: mmap_lock).
struct UserMemory {
  static constexpr const char* name = "user memory";
  static constexpr bool several = false;
};
/// Page faults' share of a file system that may be frozen (Linux: sb_writers, page fault).
struct FreezePagefault {
  static constexpr const char* name = "freeze (page fault)";
  static constexpr bool several = false;
};
/// The collection of garbage on a volume that writes out of place (F2FS: gc_lock). It waits for
/// checkpoints, so a writer that needs it first unlocks its folio.
struct VolumeGcLock {
  static constexpr const char* name = "volume gc";
  static constexpr bool several = false;
};
/// Keeps the collector from one file's blocks while they are cut (F2FS: i_gc_rwsem). Key: the
/// file's number.
struct InodeGcLock {
  static constexpr const char* name = "inode gc";
  static constexpr bool several = false;
};
/// Keeps page cache and extents of one file in step: exclusive for truncate, punch, zeroing past
/// the end and the release of unused delayed blocks, shared for faults and reads (Linux:
/// invalidate_lock, XFS: MMAPLOCK). Key: the file's number.
struct InvalidateLock {
  static constexpr const char* name = "invalidate lock";
  static constexpr bool several = true;
};
/// One pass of writeback over a file. Below the file's own locks, of which it needs none (LK-6):
/// whoever holds them may wait for a pass, or make one.
struct WritebackLock {
  static constexpr const char* name = "writeback";
  static constexpr bool several = false;
};
/// One flush of the device: the next one begins when it is over, so that each knows which writes it
/// confirms.
struct FlushLock {
  static constexpr const char* name = "flush";
  static constexpr bool several = false;
};
/// One folio's contents and block states. Key: its first byte in the file.
struct FolioLock {
  static constexpr const char* name = "folio lock";
  static constexpr bool several = true;
};
/// The uptodate and dirty bits of one folio's blocks.
struct FolioStateLock {
  static constexpr const char* name = "folio state";
  static constexpr bool several = false;
};
/// An operation on a volume with checkpoints (shared), or a checkpoint (exclusive): no checkpoint
/// sees an operation half done (F2FS: cp_rwsem).
struct OpLock {
  static constexpr const char* name = "op lock";
  static constexpr bool several = false;
};
/// A reservation that changes nodes but need not be whole in a checkpoint (shared), or a checkpoint
/// (exclusive) (F2FS: node_change).
struct NodeChangeLock {
  static constexpr const char* name = "node change";
  static constexpr bool several = false;
};
/// One node block: a file's own, with its inline data and first addresses, or one of more
/// addresses. Key: the file's number.
struct NodeLock {
  static constexpr const char* name = "node";
  static constexpr bool several = false;
};
/// Space in the log for one transaction, which may have to be waited for (LK-5).
struct Transaction {
  static constexpr const char* name = "transaction";
  static constexpr bool several = false;
};
/// A file's table from file block to device block, and its size (XFS: ILOCK). Key: the file's
/// number.
struct BlockMapLock {
  static constexpr const char* name = "block map";
  static constexpr bool several = true;
};
/// The table of quota records.
struct QuotaTableLock {
  static constexpr const char* name = "quota table";
  static constexpr bool several = false;
};
/// One quota record. Key: its type (user, group, project) above its id.
struct DquotLock {
  static constexpr const char* name = "dquot";
  static constexpr bool several = true;
};
/// The header of an allocation group's inodes. Key: the group's number.
struct AgiLock {
  static constexpr const char* name = "agi";
  static constexpr bool several = true;
};
/// The header of an allocation group's free space. Key: the group's number.
struct AgfLock {
  static constexpr const char* name = "agf";
  static constexpr bool several = true;
};
/// The volume's space manager.
struct SpaceLock {
  static constexpr const char* name = "space lock";
  static constexpr bool several = false;
};
/// A file's table from page index to folio (Linux: the xa_lock of i_pages).
struct CacheIndex {
  static constexpr const char* name = "cache index";
  static constexpr bool several = false;
};

inline constexpr auto lock_order = boost::hana::tuple_t<
    PositionLock, FreezeWrite, Iolock, Throttle, UserMemory, FreezePagefault, VolumeGcLock,
    InodeGcLock, InvalidateLock, WritebackLock, FlushLock, FolioLock, FolioStateLock, OpLock,
    NodeChangeLock, NodeLock, Transaction, BlockMapLock, QuotaTableLock, DquotLock, AgiLock,
    AgfLock, SpaceLock, CacheIndex>;

/// How many classes there are; each rank is below it.
inline constexpr std::uint64_t kLockClasses = decltype(boost::hana::length(lock_order))::value;

/// Bit r: a thread may hold several locks of rank r.
inline constexpr std::uint64_t several_mask = [] {
  std::uint64_t mask = 0;
  std::uint64_t at = 0;
  boost::hana::for_each(
      lock_order, [&](auto type) { mask |= std::uint64_t{decltype(type)::type::several} << at++; });
  return mask;
}();

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
    (W, held_key),  // of the locks held at the wanted rank, the highest key
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
         "one of a class only where the class allows several, in ascending key.",
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

inline constexpr auto no_wait_under_block_map = clause(
    {.operation = "locks",
     .name = "no_wait_under_block_map",
     .says = "No page of the caller's memory, no throttling and no space in the log is waited for "
             "while a block map is locked: what would end the wait may need the block map.",
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
     .says = "No page of the caller's memory is waited for while an invalidate lock is held: the "
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
     .says = "Whoever supplies a page of memory waits for no IOLOCK: the writer that waits for the "
             "page holds one.",
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
     .says =
         "A pass of writeback waits for no IOLOCK and no invalidate lock: whoever waits for the "
         "pass may hold them.",
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
     .says = "Who holds a file's invalidate lock, as zeroing and unsharing do, does not wait for "
             "it again.",
     .source = "LK-9, DA-5"},
    []<class W>(const LockStep<W>& step) {
      const W invalidate = rank_of<InvalidateLock>;
      return implies(
          step.rank == invalidate && holds_rank(step.held, invalidate), step.held_key < step.key);
    });

/// The last one implies the others; it comes last so that the most telling sentence is reported.
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
  /// The step of waiting for a lock of `LockClass`; does not take it.
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
