// Asserts lock ranks at once, in the recorded build: a wait against the order ends the program, and
// so does a drop of a lock that the thread does not hold.
//
// The recorder of a thread judges its order. Every other thread is checked here, so that a test
// with threads of its own notices a wrong order also where no thread has to wait.
#pragma once

#include "spec/locks/order.h"
#include "spec/locks/steps.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace quire::impl {

/// The locks that one thread holds.
class RankGuard {
 public:
  /// Ends the program, naming what is held, if the thread may not wait for the lock.
  void wanted(std::uint64_t rank, std::uint64_t key) const {
    const auto step = held_.wants(rank, key);
    if (spec::acquires_in_order.holds(step)) return;
    std::fprintf(
        stderr, "quire: a thread %s: against the lock order [LK-1]\n",
        spec::describe(step).c_str());
    std::abort();
  }
  void taken(std::uint64_t rank, std::uint64_t key) { held_.take(rank, key); }
  /// Ends the program, naming the lock, if the thread does not hold it.
  void dropped(std::uint64_t rank, std::uint64_t key) {
    if (held_.drop(rank, key)) return;
    std::fprintf(
        stderr, "quire: a thread drops %s %llu, which it does not hold [LK-1]\n",
        spec::lock_name(rank).c_str(), static_cast<unsigned long long>(key));
    std::abort();
  }

 private:
  spec::HeldLocks<std::uint64_t> held_;
};

inline thread_local RankGuard this_thread_ranks;

}  // namespace quire::impl
