// The locks of a thread that runs code under proof: those that it holds, and each wait.
#pragma once

#include "proofs/engine/explore.h"
#include "spec/locks/order.h"
#include "spec/locks/steps.h"

#include <cstdint>
#include <string>
#include <utility>

namespace quire::proofs {

/// The held locks are known on every path; keys may be any words. Until judge() is called a wait
/// has no claims, so that obligations about other things do not pay for them.
class SymbolicLocks {
 public:
  explicit SymbolicLocks(Explorer& e) : e_(e) {}

  /// From here on each wait is claimed to keep the clauses of locks, and is noted. who: "ref's
  /// write loop".
  void judge(std::string who) { who_ = std::move(who); }
  bool judged() const { return !who_.empty(); }

  template <class LockClass>
  void wait(const char* where, const Bits& key = 0) {
    wait(spec::rank_of<LockClass>, key, where);
  }
  void wait(std::uint64_t rank, const Bits& key, const char* where) {
    if (!judged()) return;
    const spec::LockStep<Bits> step = held_.wants(rank, key);
    e_.claim_all(spec::lock_clauses, step);
    note(*step.held.known(), rank, where, false);
  }

  template <class LockClass>
  void lock(const char* where, const Bits& key = 0) {
    wait<LockClass>(where, key);
    take<LockClass>(key);
  }
  /// A try that succeeds: it waits for nothing (LK-1).
  template <class LockClass>
  void try_lock(const char* where, const Bits& key = 0) {
    if (judged()) note(held(), spec::rank_of<LockClass>, where, true);
    take<LockClass>(key);
  }
  /// A lock that the caller of the code holds.
  template <class LockClass>
  void take(const Bits& key = 0) {
    held_.take(spec::rank_of<LockClass>, key);
  }
  template <class LockClass>
  void drop(const Bits& key = 0) {
    if (!held_.drop(spec::rank_of<LockClass>, key)) {
      e_.claim("A lock is held when it is dropped: " + std::string{LockClass::name} + ".", false);
    }
  }

  /// Holds a lock during its lifetime.
  template <class LockClass>
  class Guard {
   public:
    Guard(SymbolicLocks& locks, const char* where) : locks_(locks) {
      locks_.lock<LockClass>(where);
    }
    ~Guard() { locks_.drop<LockClass>(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    SymbolicLocks& locks_;
  };

  template <class LockClass>
  bool holds() const {
    return spec::holds_rank(held(), spec::rank_of<LockClass>);
  }

 private:
  std::uint64_t held() const { return *held_.wants(0, 0).held.known(); }

  void note(std::uint64_t held, std::uint64_t rank, const char* where, bool is_try) {
    const std::string who = who_ + ", in " + where;
    if (held == 0) e_.note({kNoLock, rank, who, is_try});
    for (std::uint64_t r = 0; r < spec::kLockClasses; ++r) {
      if (spec::holds_rank(held, r)) e_.note({r, rank, who, is_try});
    }
  }

  Explorer& e_;
  std::string who_;
  spec::HeldLocks<Bits> held_;
};

}  // namespace quire::proofs
