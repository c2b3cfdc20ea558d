// Generators that cases are made of.
#pragma once

#include "props/differential/command.h"

#include <rapidcheck/Gen.h>

#include <cstdint>

namespace quire::props {

/// A number below `end`; often a multiple of 512, of a page or of the largest folio, or one beside
/// it.
rc::Gen<std::uint64_t> near_edges(std::uint64_t end);

/// A read or write of either file at a byte below `universe`, or at the position, from any memory.
/// late: whether that may be supplied late.
rc::Gen<Command> transfer(Action action, std::uint64_t universe, bool late);

/// A command to either file that takes no arguments.
rc::Gen<Command> plain(Action action);

/// The same cases; one that fails is also shrunk by leaving away any of its commands. For cases
/// whose commands are drawn otherwise than as a container.
rc::Gen<Case> with_fewer_commands(rc::Gen<Case> cases);

}  // namespace quire::props
