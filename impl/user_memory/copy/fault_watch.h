// How a thread copies: by the kernels of copy_engine(), whose faults a signal handler catches, or
// by the system, which raises no signal.
//
// To ask the system whether the handler is in place takes three system calls, many times what a
// write of 64 bytes costs. So a thread asks in a few calls of each tick of a coarse clock, which
// costs next to nothing to read: a program that makes few calls asks in each of them.
#pragma once

#include <time.h>

#include <cstdint>

namespace quire::impl {

/// How a thread copies, and when it checked that last.
struct FaultWatch {
  std::int64_t tick;     ///< ns; of the last check
  unsigned checks_left;  ///< in this tick
  bool by_system;        ///< faults would not come back: copy by process_vm_readv(2)
};

/// Of this thread. Read by every copy: initial-exec, and no dynamic initialisation.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local FaultWatch fault_watch;

/// Asks the system, and counts one check. Installs the handler if no call has done so yet; throws
/// std::bad_alloc where that cannot be done.
void check_faults();

/// Makes this thread ask again in its next call.
void check_faults_again() noexcept;

/// Begins a call that copies from or to the caller's memory. Throws as check_faults().
inline void watch_faults() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  const std::int64_t tick = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  if (fault_watch.tick == tick && fault_watch.checks_left == 0) [[likely]]
    return;
  if (fault_watch.tick != tick) check_faults_again();
  fault_watch.tick = tick;
  check_faults();
}

}  // namespace quire::impl
