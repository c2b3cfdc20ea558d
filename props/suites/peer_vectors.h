// The suite that runs the vectors on a peer's files.
#pragma once

#include "props/suites/run_peer_comparison.h"
#include "props/suites/suite.h"

#include <string>

namespace quire::props {

/// peer: the peer's name in the suite's sentence.
Suite peer_vectors_suite(const std::string& name, const std::string& peer, const Sides& sides);

}  // namespace quire::props
