#include "props/peers/peer_comparison.h"

namespace quire::props {

std::unique_ptr<Comparison> PeerComparison::compare(const Case& checked, LockWaits& waits) {
  return std::make_unique<CaseRun>(
      Side(ref_, ref_memory_, checked.setting, "ref", waits["ref"]),
      Side(peer_, peer_memory_, checked.setting, "peer", waits["peer"]), checked.setting, answers_);
}

}  // namespace quire::props
