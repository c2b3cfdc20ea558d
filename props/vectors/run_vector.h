// Runs a vector through the control text of a loop of ref or impl, as it ships.
#pragma once

#include "props/judge/failure.h"
#include "props/judge/step_recorder.h"
#include "props/vectors/vector.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace quire::props {

/// The first difference from the vector: a question to a hook, or the state or the answer at the
/// end. A broken clause is reported in its place. A vector that expects nothing is judged by the
/// clauses alone. Throws std::invalid_argument for an unknown run.
std::optional<Failure> run_vector(const Vector& vector);

/// The file that makes a call meet what its vector scripts, and the steps that the loop then takes.
struct ScriptedCall {
  bool ended = false;  ///< the vector has every word that the loop asks for; else the rest is empty
  /// The laws of real files and memory that it breaks, by their names in spec/vectors/vectors.h. If
  /// there is one, the rest has no meaning.
  std::set<std::string> unreal;
  std::vector<std::uint64_t> written;   ///< first bytes of the pages that were written before
  std::vector<std::uint64_t> taken;     ///< first bytes of the pages that get a block in the call
  std::optional<std::uint64_t> blocks;  ///< free blocks, if the call uses them up
  LoopSteps steps;
};
ScriptedCall scripted_call(const Vector& vector);

}  // namespace quire::props
