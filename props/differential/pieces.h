// Generators of the parts of a case.
#pragma once

#include "props/differential/command.h"
#include "props/differential/windows.h"

#include <rapidcheck/Gen.h>

#include <cstdint>

namespace quire::props {

/// A number below `end`; often a multiple of 512, of a page or of the largest folio, or off by one.
rc::Gen<std::uint64_t> near_edges(std::uint64_t end);

/// A byte of one of the windows.
rc::Gen<std::uint64_t> position(const Windows& windows);

/// Windows of `bytes` bytes: mostly the start of the file; else three at one of kLargePlaces.
rc::Gen<Windows> any_windows(std::uint64_t bytes);

/// These settings; some of the volumes begin near one of kFirstBytes.
rc::Gen<Setting> sometimes_far(rc::Gen<Setting> settings);

/// A read or write of either file at a byte of `windows`, or at the position, from any memory.
/// late: whether that may be supplied late.
rc::Gen<Command> transfer(Action action, const Windows& windows, bool late);

/// A command to either file that takes no arguments.
rc::Gen<Command> plain(Action action);

/// The same cases; a failing one also shrinks by dropping any of its commands. For cases whose
/// commands are not drawn as one container.
rc::Gen<Case> with_fewer_commands(rc::Gen<Case> cases);

}  // namespace quire::props
