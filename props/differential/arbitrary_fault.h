// Generators of faults that strike commands.
#pragma once

#include "props/differential/command.h"

#include <rapidcheck/Gen.h>

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace quire::props {

/// Kinds of fault, and how often each is drawn among them. Empty: none can strike.
using FaultWeights = std::vector<std::pair<std::size_t, FaultKind>>;

/// The same commands, half of those that a fault can strike with one. They shrink to those without,
/// to faults of an earlier operation, and to the first handle. kinds: which can strike a command.
rc::Gen<Command> with_fault(
    std::function<FaultWeights(const Command&)> kinds, rc::Gen<Command> commands);

/// The same commands, with an fsync before each drop_cache: so that all of the file is dropped, and
/// later commands have to read it.
std::vector<Command> clean_before_drops(const std::vector<Command>& commands);

}  // namespace quire::props
