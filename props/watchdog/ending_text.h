// A process's end as the failure of the case that it was in.
#pragma once

#include "props/judge/failure.h"
#include "props/watchdog/watched_process.h"

#include <string>

namespace quire::props {

/// Of a process that has not answered. journal: the process's. suite: named where no side of the
/// case is known. Says how the process ended and where: the side, the command, the lock it waits
/// for, the first clause that was broken before.
Failure failure_of(const Ending& ending, const Journal& journal, const std::string& suite);

}  // namespace quire::props
