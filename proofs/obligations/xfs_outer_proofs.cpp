// XFS's outer write path in ref/: a whole call, with its one attempt to reclaim space.
#include "proofs/models/lock_sources.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/linux/xfs/outer_loop.h"
#include "spec/linux/xfs/outer_call.h"
#include "spec/linux/xfs/outer_tapped.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <functional>
#include <vector>

namespace quire::proofs {
namespace {

namespace hana = boost::hana;
using Step = spec::OuterStep<Bits>;
using spec::IolockMode, spec::OuterAction;

/// How often another process may take a lease on the layout while a call runs: each lease sends the
/// call back to its checks, and nothing in the path bounds that.
constexpr int kLeases = 1;
constexpr const char* kBound = "1 lease on the layout";

/// Hooks that give any answer their contract allows. While the IOLOCK is free, others may change
/// the size.
class SymbolicOuter {
 public:
  SymbolicOuter(Explorer& e, const Bits& total, const Bits& nowait)
      : e_(e), nowait_(nowait), left_(total), size_(e.fresh("size", 62)) {}

  Bits left() const { return left_; }
  Bits size() const { return size_; }
  void reexpand(const Bits& total) { left_ = total; }

  Bits lock(const Bits&, const Bits&) {
    size_ = e_.fresh("size", 62);
    return ite(nowait_ != 0 && e_.fresh("busy", 1) != 0, Bits{spec::error(EAGAIN)}, Bits{0});
  }
  void unlock(const Bits&) {}

  Bits check(Bits& pos) {
    const Bits error = error_of("check_errno");
    const Bits kept = e_.fresh("kept", kCountBits);
    left_ = ite(error == 0, kept, left_);
    pos = ite(error == 0 && e_.fresh("appends", 1) != 0, size_, pos);
    return error;
  }
  Truth layout_is_leased() {
    if (leases_ == kLeases) return false;
    const Truth leased = e_.fresh("leased", 1) != 0;
    if (leased) ++leases_;
    return leased;
  }
  Bits break_layout() { return error_of("layout_errno"); }
  Truth drops_privileges() { return e_.fresh("drops_privileges", 1) != 0; }
  void drain() { size_ = e_.fresh("size", 62); }
  void lock_invalidate() {}
  void unlock_invalidate() {}
  Bits zero(const Bits&, const Bits&) { return error_of("zero_errno"); }
  Bits modify(const Bits&) { return error_of("modify_errno"); }

  /// iomap's result: an error has consumed no byte (ITR-5).
  Bits write(const Bits& pos, const Bits&) {
    const Bits error = error_of("write_errno");
    const Bits taken = e_.fresh("taken", kCountBits);
    e_.assume(
        "A write that does not fail consumes some bytes, at most those left (ITR-4).",
        taken != 0 && taken <= left_);
    if (error != 0) return error;
    left_ = left_ - taken;
    size_ = spec::max(size_, pos + taken);
    return taken;
  }
  void flush() {}
  void quota_gc() {}
  void space_gc() {}
  void account(const Bits& bytes) { counted_ = counted_ + bytes; }

  const Bits& counted() const { return counted_; }

 private:
  /// 0 or an errno; EAGAIN only for a call that must not wait.
  Bits error_of(const char* name) {
    const Bits error = any_error(e_, name);
    e_.assume(
        "Only a call that must not wait gets EAGAIN (IOM-7).",
        nowait_ != 0 || error != spec::error(EAGAIN));
    return error;
  }

  Explorer& e_;
  Bits nowait_, left_, size_, counted_{0};
  int leases_ = 0;
};

constexpr const char* kOuterName = "XFS's write";

/// The same hooks with their locks. The locks of each hook are stated here; ref's own hooks are
/// judged at run time.
class LockingOuter : public SymbolicOuter {
 public:
  LockingOuter(Explorer& e, const Bits& total, const Bits& nowait)
      : SymbolicOuter(e, total, nowait), e_(e), locks_(e) {
    locks_.judge(kOuterName);
  }

  Bits lock(const Bits& mode, const Bits& nowait) {
    const Bits error = SymbolicOuter::lock(mode, nowait);
    if (error != 0) return error;
    if (nowait != 0) {
      locks_.try_lock<spec::Iolock>("lock", kIno);
    } else {
      locks_.lock<spec::Iolock>("lock", kIno);
    }
    return 0;
  }
  void unlock(const Bits&) {
    if (!e_.broken("keeps its IOLOCK")) locks_.drop<spec::Iolock>(kIno);
  }
  void lock_invalidate() { locks_.lock<spec::InvalidateLock>("lock_invalidate", kIno); }
  void unlock_invalidate() { locks_.drop<spec::InvalidateLock>(kIno); }

  Bits zero(const Bits& from, const Bits& to) {
    locks_.wait<spec::WritebackLock>("zero");  // dirty blocks there are written back first
    wait_for_iteration("zero", true);
    return SymbolicOuter::zero(from, to);
  }
  Bits write(const Bits& pos, const Bits& nowait) {
    wait_for_iteration("write", false);
    return SymbolicOuter::write(pos, nowait);
  }

  /// Of every dirty file, this one among them.
  void flush() {
    const Bits ino = e_.fresh("flushed");
    locks_.lock<spec::WritebackLock>("flush", ino);
    if (e_.broken("takes an IOLOCK to write back")) locks_.wait<spec::Iolock>("flush", ino);
    locks_.lock<spec::FolioLock>("flush");
    change_map("flush");
    locks_.drop<spec::FolioLock>();
    locks_.drop<spec::WritebackLock>(ino);
  }
  void quota_gc() { scan("quota_gc"); }
  void space_gc() { scan("space_gc"); }

 private:
  static constexpr std::uint64_t kIno = 7;  ///< any file; a scan visits any other

  void wait_for_iteration(const char* where, bool zeroes) {
    for (const std::uint64_t rank : kIterationWaits) {
      if (zeroes && rank < spec::rank_of<spec::InvalidateLock>) continue;
      const bool invalidate = rank == spec::rank_of<spec::InvalidateLock>;
      if (zeroes && invalidate && !e_.broken("takes the invalidate lock again")) continue;
      locks_.wait(rank, kIno, where);
    }
  }

  void change_map(const char* where) {
    locks_.lock<spec::Transaction>(where);
    locks_.lock<spec::BlockMapLock>(where);
    locks_.lock<spec::AgfLock>(where);
    locks_.wait<spec::SpaceLock>(where);
    locks_.drop<spec::AgfLock>();
    locks_.drop<spec::BlockMapLock>();
    locks_.drop<spec::Transaction>();
  }

  /// Waits for each file in turn.
  void scan(const char* where) {
    const Bits ino = e_.fresh("scanned");
    locks_.lock<spec::Iolock>(where, ino);
    locks_.lock<spec::InvalidateLock>(where, ino);
    change_map(where);
    locks_.drop<spec::InvalidateLock>(ino);
    locks_.drop<spec::Iolock>(ino);
  }

  Explorer& e_;
  SymbolicLocks locks_;
};

/// A whole call; `on_step` receives each of its steps.
template <class Hooks = SymbolicOuter>
struct Call {
  struct Judge {
    std::function<void(const Step&)> on_step;
    void step(const Step& step) const {
      if (on_step) on_step(step);
    }
  };

  Bits total, nowait, pos;
  Hooks hooks;
  Judge judge;
  spec::OuterTapped<Bits, Hooks, Judge> tap;
  spec::OuterState<Bits> state;

  explicit Call(Explorer& e, std::function<void(const Step&)> on_step = {})
      : Call(e, e.fresh("nowait", 1), std::move(on_step)) {}

  Call(Explorer& e, const Bits& may_not_wait, std::function<void(const Step&)> on_step)
      : total(e.fresh("total", kCountBits)),
        nowait(may_not_wait),
        pos(e.fresh("start", 62)),
        hooks(e, total, nowait),
        judge{std::move(on_step)},
        tap(hooks, judge, total, nowait, pos),
        state{nowait, total, pos, 0, 0, 0, 0} {}

  spec::OuterCall<Bits> run() {
    ref::xfs::buffered_write_rounds<Bits>(state, tap);
    spec::OuterCall<Bits> call = tap.call(state.status);
    call.after.counted = hooks.counted();
    return call;
  }
};

void steps(Explorer& e) {
  Call<> call(e, [&e](Step step) {
    const Truth scans = is(step, OuterAction::quota_gc) || is(step, OuterAction::space_gc);
    const Bits exclusive{word_of(IolockMode::exclusive)}, none{word_of(IolockMode::none)};
    if (e.broken("scans with its IOLOCK held")) step.iolock = ite(scans, exclusive, step.iolock);
    if (e.broken("writes without fresh checks")) step.checked = 0;
    if (e.broken("zeroes without waiting for direct I/O")) step.drained = 0;
    if (e.broken("reclaims space twice")) step.scans = step.scans + 1;
    if (e.broken("reclaims space after progress")) step.wrote = 1;
    if (e.broken("drops a lock that it does not hold")) {
      step.iolock = ite(is(step, OuterAction::unlock), none, step.iolock);
    }
    if (e.broken("checks only the bytes that an earlier pass left")) step.left = step.left - 1;
    if (e.broken("sets the times after the write")) step.modified = 0;
    if (e.broken("leaves the gap as it is")) step.zeroed = 0;
    if (e.broken("flushes without its IOLOCK")) {
      step.iolock = ite(is(step, OuterAction::flush), none, step.iolock);
    }
    if (e.broken("waits in a call that must not")) step.nowait = 1;
    e.claim_all(spec::outer_step_clauses, step);
  });
  call.run();
}

void whole_call(Explorer& e) {
  spec::OuterCall<Bits> call = Call<>(e).run();
  if (e.broken("keeps the IOLOCK")) call.unlocks = call.unlocks - 1;
  if (e.broken("writes three times")) call.writes = call.writes + 1;
  if (e.broken("counts a byte that it does not return"))
    call.after.counted = call.after.counted + 1;
  if (e.broken("moves the size for an error")) {
    call.after.size = ite(spec::is_error(call.result), call.after.size + 1, call.after.size);
  }
  if (e.broken("returns EAGAIN to a call that may wait")) {
    call.result = ite(spec::is_error(call.result), Bits{spec::error(EAGAIN)}, call.result);
  }
  e.claim_all(spec::outer_call_clauses, call);
}

/// Every wait of a call, of one that may wait and of one that must not.
void lock_order(Explorer& e) {
  const bool nowait = static_cast<bool>(e.fresh("nowait", 1) != 0);
  Call<LockingOuter>(e, nowait ? 1 : 0, {}).run();
}

}  // namespace

std::vector<LockSource> xfs_outer_locks() { return {{kOuterName, lock_order}}; }

std::vector<Obligation> xfs_outer_obligations() {
  return {
      {.name = "ref.xfs_write.steps",
       .tag = "XFB-1 to XFB-8, CHK-4, CHK-5, LK-6, LK-9",
       .subject = "ref",
       .says = "Each step of a call runs after valid checks and under the right locks.",
       .bound = kBound,
       .effort = 60,
       .body = steps},
      {.name = "ref.xfs_write.call",
       .tag = "XFB-1, XFB-5, XFB-7, XFB-9, IOM-7",
       .subject = "ref",
       .says = "A call writes at most twice, leaves the IOLOCK as it was, and returns its count.",
       .bound = kBound,
       .effort = 30,
       .body = whole_call},
      {.name = "ref.xfs_write.lock_order",
       .tag = "LK-1, LK-4, LK-6, LK-9, XFB-3, XFB-8, DA-5",
       .subject = "ref",
       .says = "A call takes no invalidate lock twice, and scans for space with no lock held.",
       .bound = kBound,
       .body = lock_order},
  };
}

}  // namespace quire::proofs
