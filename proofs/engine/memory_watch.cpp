// A thread that checks every 20 ms.
#include "proofs/engine/memory_watch.h"

#include <chrono>

namespace quire::proofs {

MemoryWatch::MemoryWatch(unsigned limit_mib)
    : limit_mib_(limit_mib), thread_([this](const std::stop_token& stop) { work(stop); }) {}

void MemoryWatch::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    if (Z3_get_estimated_alloc_size() >> 20 < limit_mib_) continue;
    const std::lock_guard lock{mutex_};
    for (auto& [c, interrupted] : watched_) {
      interrupted = true;
      c->interrupt();
    }
  }
}

MemoryWatch::Watched::Watched(MemoryWatch* watch, z3::context& c) : watch_(watch), c_(c) {
  if (!watch_) return;
  const std::lock_guard lock{watch_->mutex_};
  watch_->watched_.emplace(&c_, false);
}

MemoryWatch::Watched::~Watched() {
  if (!watch_) return;
  const std::lock_guard lock{watch_->mutex_};
  watch_->watched_.erase(&c_);
}

std::string MemoryWatch::Watched::interrupted() const {
  if (!watch_) return {};
  const std::lock_guard lock{watch_->mutex_};
  if (!watch_->watched_.at(&c_)) return {};
  return "Z3 takes more than " + std::to_string(watch_->limit_mib_) + " MiB";
}

}  // namespace quire::proofs
