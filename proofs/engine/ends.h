// How a run of the code under proof is left early.
#pragma once

namespace quire::proofs {

// Not derived from std::exception, so that no handler of the code under proof catches them.

/// The assumptions of this path cannot be met; the next path follows.
struct PathInfeasible {};

/// The result is known; no further path is run.
struct ExplorationOver {};

}  // namespace quire::proofs
