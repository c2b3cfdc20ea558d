// When a thread looks whether faults of the copy come back.
#include "impl/user_memory/copy/fault_watch.h"

#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/fault_handler.h"

namespace quire::impl {
namespace {

constexpr unsigned kLooksPerTick = 16;

}  // namespace

[[gnu::tls_model("initial-exec")]] constinit thread_local FaultWatch fault_watch{0, 0, false};

void look_at_faults() {
  static_cast<void>(copy_engine());
  --fault_watch.looks;
  fault_watch.by_system = !faults_reach_handler();
}

void look_at_faults_again() noexcept { fault_watch.looks = kLooksPerTick; }

}  // namespace quire::impl
