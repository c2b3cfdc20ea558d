// Which answers a long run beside a peer must have met: a suite in which nothing happens holds.
#pragma once

#include "props/peers/case_run.h"
#include "spec/peers.h"

#include <string>
#include <vector>

namespace quire::props {

/// Classes of command and answer that no long run is without: each call that the peer has done at
/// least once, and the errors of memory, limit and a full volume.
std::vector<std::string> must_see(const spec::PeerAllowance& peer);

/// Those of them that were not met.
std::vector<std::string> never_seen(const spec::PeerAllowance& peer, const AnswerCounts& met);

}  // namespace quire::props
