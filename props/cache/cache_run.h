// One case of the page cache alone: played on ref's, and compared with a plain account.
#pragma once

#include "props/cache/cache_case.h"
#include "props/judge/class_counts.h"
#include "props/judge/failure.h"

#include <optional>

namespace quire::props {

/// The classes of input that runs must meet.
ClassCounts cache_classes();

/// Plays the commands on a new cache. Each step is judged by the clauses. The account is made of
/// the cache as it was before each command: what the command must leave of each page, which folios
/// it must write and in which order, what it must drop, and which errors it must answer.
std::optional<Failure> run_cache_case(const CacheCase& checked, ClassCounts& classes);

}  // namespace quire::props
