// Runs a vector through the control text of a loop of ref or impl, as it ships.
#pragma once

#include "props/judge/failure.h"
#include "props/vectors/vector.h"

#include <optional>
#include <set>
#include <string>

namespace quire::props {

/// What is not as the vector says: the first question to a hook that is another, or the state or
/// the answer at the end. Where a clause of the model does not hold of the run either, that is
/// told. A vector that expects nothing is held to the clauses alone. Throws std::invalid_argument
/// for a run that there is not.
std::optional<Failure> run_vector(const Vector& vector);

/// What is not as real memory and folios are: the memory does not stand "still", folios do not end
/// with "pages" (spec/vectors.h).
std::set<std::string> unreal_in(const Vector& vector);

}  // namespace quire::props
