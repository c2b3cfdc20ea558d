// One case of F2FS's own calls: played on ref's model, and compared with a plain account.
#pragma once

#include "props/f2fs/f2fs_case.h"
#include "props/judge/class_counts.h"
#include "props/judge/failure.h"

#include <optional>

namespace quire::props {

/// The classes of input that runs must meet.
ClassCounts f2fs_classes();

/// Plays the commands on a new volume. Each step is judged by the clauses, and the structures are
/// audited behind each command. The account has of each file: its bytes, those of before its atomic
/// write, those that the last checkpoint keeps, and the marks that refuse calls.
std::optional<Failure> run_f2fs_case(const F2fsCase& checked, ClassCounts& classes);

}  // namespace quire::props
