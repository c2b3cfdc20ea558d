// What signals may do to a copy and to the program around it.
#pragma once

#include "props/judge/failure.h"
#include "props/signals/host.h"

#include <optional>
#include <string>

namespace quire::props {

/// The first thing that is wrong with what was observed, the copied bytes aside. kernel: its name.
/// died: the signal that ended the process, or 0.
std::optional<Failure> judge_signals(
    const SignalCase& c, const CopyMemory& copy_memory, const std::string& kernel,
    const Observed& observed, int died);

}  // namespace quire::props
