// Random writes to files of XFS under trace.
#pragma once

#include "props/trace/tracefs.h"

#include <cstdint>
#include <functional>

namespace quire::props::trace {

/// Turns on the events that judge_trace.h understands, for one device (stat's st_dev). Empty, or
/// the name of an event that this kernel lacks.
[[nodiscard]] std::string enable_events(const Tracefs& trace, std::uint64_t device);

/// Makes `writes` writes on files of the XFS that `root` leads into, files that grow from end to
/// end, that are written at random, and that share blocks; with buffers that cannot be read to
/// their end, appends, truncates and fsyncs between. The same seed makes the same calls. drained is
/// called often, to take what was recorded. Throws CannotRun where the machine fails.
void make_traced_writes(
    const Tracefs& trace, int root, std::uint64_t writes, std::uint64_t seed,
    const std::function<void()>& drained);

}  // namespace quire::props::trace
