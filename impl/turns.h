// Threads of the recorded build that take turns.
#pragma once

#include <cstdint>

namespace quire::impl {

/// Threads that take turns, so that the checker can play an interleaving again: each runs only
/// while the others are in a call of it, and so must not sleep on a lock that one of them holds.
class Turns {
 public:
  Turns() = default;
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  virtual ~Turns() = default;

  /// The calling thread wants a lock that is held. Returns when another attempt may succeed. Throws
  /// where no thread is left that could drop the lock: the call ends.
  virtual void wait(std::uint64_t rank, std::uint64_t key) = 0;
  /// The calling thread is about to call the device, or has its answer.
  virtual void device_io() = 0;
};

}  // namespace quire::impl
