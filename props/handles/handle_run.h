// One case of handles: played on libquire, and compared with a plain account.
#pragma once

#include "props/handles/handle_case.h"
#include "props/judge/class_counts.h"
#include "props/judge/failure.h"

#include <optional>

namespace quire::props {

/// The classes of input that runs must meet.
ClassCounts handle_classes();

/// Opens the volume and plays the commands. The account knows which handle is open, closed or moved
/// from, its position, and the bytes of each file; volume.h says what each call answers.
std::optional<Failure> run_handle_case(const HandleCase& checked, ClassCounts& classes);

}  // namespace quire::props
