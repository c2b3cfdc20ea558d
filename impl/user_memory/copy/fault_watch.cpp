// When a thread checks whether faults of the copy come back.
#include "impl/user_memory/copy/fault_watch.h"

#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/fault_handler.h"

namespace quire::impl {
namespace {

constexpr unsigned kChecksPerTick = 16;

}  // namespace

[[gnu::tls_model("initial-exec")]] constinit thread_local FaultWatch fault_watch{0, 0, false};

void check_faults() {
  static_cast<void>(copy_engine());
  --fault_watch.checks_left;
  fault_watch.by_system = !faults_reach_handler();
}

void check_faults_again() noexcept { fault_watch.checks_left = kChecksPerTick; }

}  // namespace quire::impl
