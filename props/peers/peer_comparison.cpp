#include "props/peers/peer_comparison.h"

#include <algorithm>

namespace quire::props {

std::unique_ptr<Comparison> PeerComparison::compare(const Case& checked, LockWaits& waits) {
  const bool fails =
      std::ranges::any_of(checked.commands, [](const Command& c) { return c.fault.has_value(); });
  return std::make_unique<CaseRun>(
      Side(ref_, ref_memory_, checked.setting, "ref", waits["ref"]),
      Side(peer_, peer_memory_, checked.setting, "peer", waits["peer"]), checked.setting, answers_,
      fails);
}

}  // namespace quire::props
