// Whether a fault of a copy kernel comes back as a short count.
#pragma once

#include <quire/fault_handler.h>

namespace quire::impl {

/// Whether the handler of install_fault_handler() gets the faults of this thread: nobody has put
/// another in its place, and the thread blocks neither signal. Three system calls.
[[nodiscard]] bool faults_reach_handler() noexcept;

}  // namespace quire::impl
