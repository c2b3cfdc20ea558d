// The lock classes of the write path, in their order.
//
// The tuple `lock_order` is the one place that ranks lock classes: a thread that holds a lock may
// block only on classes further down. The ranks that the recorder judges, the proofs' acquisition
// steps and impl's thread-safety annotations all follow it. steps.h judges one wait, graph.h the
// waits of a whole run.
#pragma once

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
/// Waiting until less is dirty. The task that writes back may need any lock below this one.
struct Throttle {
  static constexpr const char* name = "throttle";
  static constexpr bool several = false;
};
/// Waiting for a page of the caller's memory. The page fault may need any lock below this one
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
/// Garbage collection on a volume that writes out of place (F2FS: gc_lock). It waits for
/// checkpoints, so a writer that needs it first unlocks its folio.
struct VolumeGcLock {
  static constexpr const char* name = "volume gc";
  static constexpr bool several = false;
};
/// Keeps the garbage collector from one file's blocks while they are truncated (F2FS: i_gc_rwsem).
/// Key: the file's number.
struct InodeGcLock {
  static constexpr const char* name = "inode gc";
  static constexpr bool several = false;
};
/// Keeps page cache and extents of one file consistent: exclusive for truncate, punch, zeroing past
/// the end and the release of unused delayed blocks, shared for faults and reads (Linux:
/// invalidate_lock, XFS: MMAPLOCK). Key: the file's number.
struct InvalidateLock {
  static constexpr const char* name = "invalidate lock";
  static constexpr bool several = true;
};
/// One pass of writeback over a file. Below the file's own locks, of which it takes none (LK-6): a
/// thread that holds them may wait for a pass, or make one.
struct WritebackLock {
  static constexpr const char* name = "writeback";
  static constexpr bool several = false;
};
/// One flush of the device. The next one begins after it, so that each knows which writes it
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
/// contains an operation half done (F2FS: cp_rwsem).
struct OpLock {
  static constexpr const char* name = "op lock";
  static constexpr bool several = false;
};
/// A reservation that changes nodes but may be half done in a checkpoint (shared), or a checkpoint
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
/// Log space for one transaction; taking it may wait (LK-5).
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

/// Classes of which a volume has one lock, with key 0.
inline constexpr auto locks_of_a_volume = boost::hana::tuple_t<
    VolumeGcLock, FlushLock, OpLock, NodeChangeLock, Transaction, QuotaTableLock, SpaceLock>;

/// The position of a lock class in the order; 0 is outermost.
template <class LockClass>
inline constexpr std::uint64_t rank_of = std::remove_cvref_t<decltype(*boost::hana::index_if(
    lock_order, boost::hana::equal.to(boost::hana::type_c<LockClass>)))>::value;

/// Bit r: a volume has one lock of rank r.
inline constexpr std::uint64_t one_of_a_volume_mask = [] {
  std::uint64_t mask = 0;
  boost::hana::for_each(locks_of_a_volume, [&](auto type) {
    mask |= std::uint64_t{1} << rank_of<typename decltype(type)::type>;
  });
  return mask;
}();

/// The name of the class at a rank, or "?".
inline std::string lock_name(std::uint64_t rank) {
  std::string name = "?";
  std::uint64_t at = 0;
  boost::hana::for_each(lock_order, [&](auto type) {
    if (at++ == rank) name = decltype(type)::type::name;
  });
  return name;
}

/// Whether a lock of `rank` is among `held`.
template <class W>
TruthOf<W> holds_rank(const W& held, const W& rank) {
  return (rsh(held, rank) & 1) != 0;
}

}  // namespace quire::spec
