// Generators of commands for two sets of files.
#pragma once

#include "props/differential/arbitrary_fault.h"
#include "props/differential/command.h"
#include "props/differential/windows.h"

#include <rapidcheck/Gen.h>

#include <cstddef>
#include <vector>

namespace quire::props {

/// Any command on one of two files. late: whether memory may be supplied late. fills: how often a
/// command fills the volume, among a hundred others.
rc::Gen<Command> any_command(const Windows& windows, bool late, std::size_t fills);

/// For quotas: no write that does not wait, nor one out of a mapping of its own file: the suite
/// would write bytes of its own after it, and these may find no quota.
rc::Gen<Command> quota_command(const Windows& windows, bool late);

/// For faults: mostly to one file, so that the commands meet.
rc::Gen<Command> command_to_fail(const Windows& windows, bool late);
/// The kinds of fault that can strike a command of ref's models, and how often each is drawn; the
/// same of its model of F2FS, which notices damaged clusters.
FaultWeights kinds_of_fault(const Command& during);
FaultWeights kinds_of_fault_of_f2fs(const Command& during);
/// The same commands, where the file of every second one whose reads fail is dropped before it:
/// most commands find all that they need in the cache.
std::vector<Command> dropped_before_reads(const std::vector<Command>& commands);

/// The same commands, each with up to two actors. A call that must not wait is watched, and has
/// none of another thread's work in it.
rc::Gen<Command> with_actors(rc::Gen<Command> commands);
/// The same for ref's model of F2FS: where space is collected a cache is dropped.
rc::Gen<Command> with_evictions(rc::Gen<Command> commands);

/// The same read or write, which waits.
Command waiting(Command c);

}  // namespace quire::props
