// A counterexample as a command that runs it on the shipping loops.
#pragma once

#include "proofs/obligations/obligation.h"

#include <string>

namespace quire::proofs {

/// "quire-check --suite vectors --replay '{...}'": a vector without expectations, judged by the
/// clauses (props/vectors/README.md). Empty unless the obligation is about a loop that a vector
/// runs, or about the acceptance of a copy.
std::string replay_line(const Obligation& obligation, const Counterexample& found);

}  // namespace quire::proofs
