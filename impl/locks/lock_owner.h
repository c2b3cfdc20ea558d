// The thread that holds a lock, which only the recorded build knows.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace quire::impl {

/// In the production build: nothing, at no cost.
template <bool recorded>
class LockOwner {
 public:
  void taken() {}
  void dropped() {}
  void assert_this_thread() const {}
};

/// In the recorded build. taken() and dropped() are called with the lock held.
template <>
class LockOwner<true> {
 public:
  void taken() { owner_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
  /// Ends the program unless the calling thread holds the lock.
  void dropped() {
    assert_this_thread();
    owner_.store(std::thread::id(), std::memory_order_relaxed);
  }
  /// Ends the program unless the calling thread holds the lock.
  void assert_this_thread() const {
    const std::thread::id owner = owner_.load(std::memory_order_relaxed);
    if (owner == std::this_thread::get_id()) return;
    std::fprintf(
        stderr, "quire: a thread relies on a lock that %s holds\n",
        owner == std::thread::id() ? "nobody" : "another thread");
    std::abort();
  }

 private:
  std::atomic<std::thread::id> owner_{};
};

}  // namespace quire::impl
