// Whether a thread sleeps on a futex, as its own system calls show (wrapped_calls.cpp).
#pragma once

#include <atomic>
#include <cstdint>

namespace quire::props {

/// What one thread sleeps on. Another thread reads it.
class FutexWatch {
 public:
  /// This thread's sleeps are noted here from now on; null: nowhere. It must outlive them.
  static void watch_this_thread(FutexWatch* watch);
  static FutexWatch* of_this_thread();

  void begins(const std::uint32_t* word, std::uint32_t value) {
    value_ = value;
    word_ = word;
  }
  void ends() { word_ = nullptr; }

  bool sleeps() const { return word_ != nullptr; }
  /// Whether it sleeps, and nobody has changed what it sleeps on.
  bool sleeps_on() const {
    const std::uint32_t* const word = word_;
    return word != nullptr && __atomic_load_n(word, __ATOMIC_ACQUIRE) == value_;
  }

 private:
  std::atomic<const std::uint32_t*> word_{nullptr};
  std::atomic<std::uint32_t> value_{0};
};

}  // namespace quire::props
