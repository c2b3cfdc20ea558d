// The questions of an obligation as SMT-LIB 2 files, for other solvers.
#pragma once

#include "proofs/obligations/obligation.h"

#include <functional>
#include <string>
#include <vector>

namespace quire::proofs {

/// Makes `folder` and in it a folder for each obligation, named after it. Returns an error that
/// names the path, or nothing.
std::string make_smt2_folders(
    const std::string& folder, const std::vector<Obligation>& obligations);

/// A listener for an exploration: writes FOLDER/NAME/0001.claim.unsat.smt2 and so on,
/// in the order asked, where "unsat" is what Z3 answered. A proof is the "unsat" of each claim and
/// of each branch or assumption that is not followed; the questions of the controls follow those of
/// the proof. Requires make_smt2_folders(). Throws std::runtime_error if a file cannot be written.
std::function<void(const Query&)> smt2_writer(
    const std::string& folder, const Obligation& obligation);

}  // namespace quire::proofs
