#include "props/device/fault_injector.h"

namespace quire::props {

void FaultInjector::begin(const std::optional<Fault>& fault) {
  fault_ = fault;
  active_ = true;
  passed_ = struck_ = 0;
  events_.clear();
}

int FaultInjector::strike(FaultKind kind, std::uint64_t pos, std::uint64_t bytes) {
  if (!active_ || !fault_ || fault_->kind != kind) return 0;
  const bool has_place =
      kind == FaultKind::read || kind == FaultKind::write || kind == FaultKind::damage;
  if (struck_ == 0) {
    if (passed_++ < fault_->after) return 0;
    bad_sector_ = (pos + bytes / 2) / sector_size_ * sector_size_;
  } else if (fault_->reach == FaultReach::once) {
    return 0;
  } else if (fault_->reach == FaultReach::place && has_place) {
    if (bad_sector_ < pos || pos + bytes <= bad_sector_) return 0;
  }
  ++struck_;
  return -fault_->error;
}

}  // namespace quire::props
