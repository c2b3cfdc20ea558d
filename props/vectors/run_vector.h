// Runs a vector through the control text of a loop of ref or impl, as it ships.
#pragma once

#include "props/judge/failure.h"
#include "props/judge/witness.h"
#include "props/vectors/vector.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace quire::props {

/// What is not as the vector says: the first question to a hook that is another, or the state or
/// the answer at the end. Where a clause of the model does not hold of the run either, that is
/// told. A vector that expects nothing is held to the clauses alone. Throws std::invalid_argument
/// for a run that there is not.
std::optional<Failure> run_vector(const Vector& vector);

/// What a file must be so that a call meets what its vector says, and what the loop then does.
struct Told {
  bool ended = false;  ///< the vector tells all that the loop meets; else nothing below counts
  /// What is not as of real files and memory, by its name in spec/vectors/vectors.h; the rest says
  /// nothing then.
  std::set<std::string> unreal;
  std::vector<std::uint64_t> written;   ///< the first bytes of pages that were written before
  std::vector<std::uint64_t> taken;     ///< and of those that get a block in the call
  std::optional<std::uint64_t> blocks;  ///< how many are free, where they run out
  LoopSteps steps;
};
Told told_by(const Vector& vector);

}  // namespace quire::props
