// Runs a vector through the control text of ref or impl, as it ships.
#pragma once

#include "props/judge/failure.h"
#include "props/vectors/vector.h"

#include <optional>

namespace quire::props {

/// What is not as the vector says: the first question to a hook that is another, or the state or
/// the answer at the end. Where a clause of the model does not hold of the run either, that is
/// told. A vector that expects nothing is held to the clauses alone. Throws std::invalid_argument
/// for a run that there is not.
std::optional<Failure> run_vector(const Vector& vector);

}  // namespace quire::props
