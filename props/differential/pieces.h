// Generators of the parts of a case.
#pragma once

#include "props/differential/command.h"

#include <rapidcheck/Gen.h>

#include <cstdint>

namespace quire::props {

/// A number below `end`; often a multiple of 512, of a page or of the largest folio, or off by one.
rc::Gen<std::uint64_t> near_edges(std::uint64_t end);

/// A read or write of either file at a byte below `universe`, or at the position, from any memory.
/// late: whether that may be supplied late.
rc::Gen<Command> transfer(Action action, std::uint64_t universe, bool late);

/// A command to either file that takes no arguments.
rc::Gen<Command> plain(Action action);

/// The same cases; a failing one also shrinks by dropping any of its commands. For cases whose
/// commands are not drawn as one container.
rc::Gen<Case> with_fewer_commands(rc::Gen<Case> cases);

}  // namespace quire::props
