// F2FS's locks: a write from its preallocation to write_end, and who ends its waits.
//
// What a hook locks is stated here as ref takes it; that ref's hooks wait for nothing that is
// out of order is judged at run time.
#include "proofs/models/lock_sources.h"
#include "proofs/models/symbolic_accounts.h"
#include "proofs/models/symbolic_f2fs_hooks.h"
#include "proofs/obligations/obligations.h"

namespace quire::proofs {
namespace {

/// Accounts as their locks see them.
class LockingAccounts : public SymbolicAccounts {
 public:
  LockingAccounts(Explorer& e, SymbolicLocks& locks) : SymbolicAccounts(e), e_(e), locks_(locks) {}

  SymbolicLocks::Guard<spec::DquotLock> lock_quota() { return {locks_, "a reservation"}; }
  SymbolicLocks::Guard<spec::SpaceLock> lock_space() {
    if (e_.broken("dirties a node under the space lock")) {
      locks_.take<spec::SpaceLock>();
      locks_.wait<spec::NodeLock>("a reservation");
    }
    return {locks_, "a reservation"};
  }

 private:
  Explorer& e_;
  SymbolicLocks& locks_;
};

/// A block for a page, and first one for its node, each under the node's lock.
struct LockingReservation {
  SymbolicLocks& locks;
  LockingAccounts& accounts;

  Bits need_node() { return reserve_page(); }
  Bits reserve_page() {
    const SymbolicLocks::Guard<spec::NodeLock> node(locks, "a reservation");
    return ref::f2fs::take<Bits>(accounts, Bits{1}, false).error;
  }
};

/// Any blocks before the write, as far as there are any.
void preallocate(Explorer& e, SymbolicLocks& locks, LockingAccounts& accounts) {
  locks.wait<spec::UserMemory>("preallocation");
  const SymbolicLocks::Guard<spec::NodeChangeLock> node_change(locks, "preallocation");
  const SymbolicLocks::Guard<spec::NodeLock> node(locks, "preallocation");
  ref::f2fs::take<Bits>(accounts, e.fresh("asked"), true);
}

class LockingPage : public f2fs::SymbolicPage {
 public:
  LockingPage(Explorer& e, const f2fs::Range& range)
      : SymbolicPage(e, range), accounts(e, locks), e_(e) {}

  Bits find_block() {
    if (e_.fresh("is_inline", 1) == 1) {
      const SymbolicLocks::Guard<spec::OpLock> op(locks, "write_begin");
      locks.wait<spec::NodeLock>("write_begin");
      return SymbolicPage::find_block();
    }
    if (e_.fresh("has_block", 1) == 1) return 0;
    const SymbolicLocks::Guard<spec::NodeChangeLock> node_change(locks, "write_begin");
    LockingReservation hooks{locks, accounts};
    return ref::f2fs::reserve_with_node<Bits>(hooks);
  }
  Truth needs_gc() {
    makes_room_ = bool(SymbolicPage::needs_gc());
    return makes_room_;
  }
  void unlock() {
    if (!makes_room_ || !e_.broken("makes room with its page locked")) SymbolicPage::unlock();
  }
  void balance() {
    locks.wait<spec::VolumeGcLock>("write_begin");
    makes_room_ = false;
  }
  Bits read() {
    locks.wait<spec::NodeLock>("write_begin");
    return SymbolicPage::read();
  }

  LockingAccounts accounts;

 private:
  Explorer& e_;
  bool makes_room_ = false;
};

class LockingCluster : public f2fs::SymbolicCluster {
 public:
  explicit LockingCluster(Explorer& e) : SymbolicCluster(e), e_(e) {}

  Truth find_and_lock(std::uint64_t i) {
    if (!e_.broken("locks a cluster's pages from its end")) {
      return SymbolicCluster::find_and_lock(i);
    }
    locks.lock_page(pages[i], pos + (f2fs::kClusterPages - i) * f2fs::kBlockSize);
    return true;
  }
  Bits read_stale() {
    locks.wait<spec::NodeLock>("write_begin");
    return SymbolicCluster::read_stale();
  }

 private:
  Explorer& e_;
};

/// What comes before each attempt's folio.
void begin_attempt(SymbolicLocks& locks) {
  locks.wait<spec::Throttle>("its attempts");
  locks.wait<spec::UserMemory>("its attempts");
}

void write_page(Explorer& e) {
  const f2fs::Range range = f2fs::any_range(e);
  LockingPage page(e, range);
  page.locks.take<spec::Iolock>();
  if (e.fresh("preallocates", 1) == 1) preallocate(e, page.locks, page.accounts);
  begin_attempt(page.locks);
  const auto begun = ref::f2fs::begin_page<Bits>(page, range);
  if (begun.error == 0 && begun.gone == 0) {
    page.ending = true;
    const Bits copied = f2fs::any_copied(e, range);
    ref::f2fs::end_write<Bits>(page, range.pos, range.end - range.pos, copied);
  }
  page.locks.claim_no_page();
  begin_attempt(page.locks);
}

void write_cluster(Explorer& e) {
  LockingCluster cluster(e);
  cluster.locks.take<spec::Iolock>();
  begin_attempt(cluster.locks);
  if (ref::f2fs::begin_cluster<Bits>(cluster) == 0) {
    cluster.ending = true;
    const f2fs::Range range = f2fs::any_range(e);
    const Bits copied = f2fs::any_copied(e, range);
    ref::f2fs::end_write<Bits>(cluster, range.pos, range.end - range.pos, copied);
  }
  cluster.locks.claim_no_page();
  begin_attempt(cluster.locks);
}

void lock_order(Explorer& e) {
  if (e.fresh("in_cluster", 1) == 1) return write_cluster(e);
  write_page(e);
}

/// What ends a wait for room, for the volume's operations, and for a page. Stated, not run.
void collection(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("F2FS's collection of garbage");
  locks.take<spec::VolumeGcLock>();
  locks.lock<spec::InodeGcLock>("a file");
  locks.lock<spec::FolioLock>("a block that moves");
  locks.lock<spec::OpLock>("a block that moves");
  locks.wait<spec::NodeLock>("a block that moves");
  locks.drop<spec::FolioLock>();
  locks.drop<spec::OpLock>();
  locks.drop<spec::InodeGcLock>();
  locks.lock<spec::OpLock>("a checkpoint");
  locks.lock<spec::NodeChangeLock>("a checkpoint");
  locks.wait<spec::NodeLock>("a checkpoint");
}

void write_back(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("F2FS's writeback");
  locks.take<spec::Throttle>();
  locks.wait<spec::VolumeGcLock>("between two folios");
  locks.lock<spec::WritebackLock>("a pass");
  locks.lock<spec::FolioLock>("a folio");
  locks.lock<spec::OpLock>("a folio");
  locks.lock<spec::NodeLock>("a folio");
  locks.lock<spec::DquotLock>("a cluster's blocks");
  locks.drop<spec::DquotLock>();
  locks.wait<spec::SpaceLock>("a folio");
}

}  // namespace

std::vector<LockSource> f2fs_locks() {
  return {
      {f2fs::kName, lock_order},
      {"F2FS's collection of garbage", collection},
      {"F2FS's writeback", write_back}};
}

std::vector<Obligation> f2fs_lock_obligations() {
  return {
      {.name = "ref.f2fs_write.lock_order",
       .tag = "LK-1, LK-4, LK-8, GPW-6, F2-3, F2-7",
       .subject = "ref",
       .says = "No wait for memory, throttling or room under a page's lock; a cluster's pages are "
               "locked in ascending order, and accounts below them.",
       .body = lock_order}};
}

}  // namespace quire::proofs
