// The waits for locks that a run has met.
#pragma once

#include "spec/locks/graph.h"

#include <map>
#include <string>

namespace quire::props {

/// By subject: "ref", "impl", "peer", "kernel".
using LockWaits = std::map<std::string, spec::LockGraph>;

}  // namespace quire::props
