// The code whose waits for locks lock_proofs.cpp collects, and the locks that it may wait for.
#pragma once

#include "proofs/engine/explore.h"
#include "spec/locks/order.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace quire::proofs {

/// Code that runs on one thread, from its first wait to its last.
struct LockSource {
  std::string who;  ///< "impl's write loop"
  std::function<void(Explorer&)> body;
};

inline constexpr const char* kBodyName = "iomap's write";
inline constexpr const char* kIterationName = "iomap's iteration";

/// The locks that the body of a write may wait for, for proofs about its caller, which do not run
/// it. It is proven that the body waits for no other.
inline constexpr std::array kBodyWaits{
    spec::rank_of<spec::Throttle>,  spec::rank_of<spec::UserMemory>,
    spec::rank_of<spec::FolioLock>, spec::rank_of<spec::BlockMapLock>,
    spec::rank_of<spec::SpaceLock>, spec::rank_of<spec::CacheIndex>};

/// The same of an iteration, its body included.
inline constexpr std::array kIterationWaits{
    spec::rank_of<spec::Throttle>,       spec::rank_of<spec::UserMemory>,
    spec::rank_of<spec::InvalidateLock>, spec::rank_of<spec::FolioLock>,
    spec::rank_of<spec::Transaction>,    spec::rank_of<spec::BlockMapLock>,
    spec::rank_of<spec::QuotaTableLock>, spec::rank_of<spec::DquotLock>,
    spec::rank_of<spec::AgfLock>,        spec::rank_of<spec::SpaceLock>,
    spec::rank_of<spec::CacheIndex>};

/// The write loops of ref/ and impl/ (write_loop_proofs.cpp).
std::vector<LockSource> write_loop_locks();
/// iomap's loops (iomap_proofs.cpp).
std::vector<LockSource> iomap_locks();
/// XFS's path around the write (xfs_outer_proofs.cpp).
std::vector<LockSource> xfs_outer_locks();

/// F2FS's write, and the threads that end its waits (f2fs_lock_proofs.cpp).
std::vector<LockSource> f2fs_locks();

/// Those of every list, and the threads that end a wait (lock_proofs.cpp).
std::vector<LockSource> all_lock_sources();

/// Claims that the waits of all sources together follow the order of spec/locks/order.h. The claim
/// names the cycle, if there is one.
void no_cycle(Explorer& e, const std::vector<LockSource>& sources);

}  // namespace quire::proofs
