// The suite that runs the vectors on a peer's files.
#pragma once

#include "props/suites/run_beside.h"
#include "props/suites/suite.h"

#include <string>

namespace quire::props {

/// peer: what its sentence calls the peer.
Suite vectors_beside(const std::string& name, const std::string& peer, const Sides& sides);

}  // namespace quire::props
