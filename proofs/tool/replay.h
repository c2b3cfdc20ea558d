// A counterexample as a line that quire-check runs on the shipping loops.
#pragma once

#include "proofs/obligations/obligation.h"

#include <string>

namespace quire::proofs {

/// "quire-check --suite vectors --replay '{...}'": a vector without expectations, that the clauses
/// judge (props/vectors/README.md). Empty for an obligation that is not about what a vector runs,
/// nor about how much of a copy counts.
std::string replay_line(const Obligation& obligation, const Counterexample& found);

}  // namespace quire::proofs
