// One case of device code: played on a machine, and compared with what its account says.
#pragma once

#include "props/judge/class_counts.h"
#include "props/judge/failure.h"
#include "props/system/device_case.h"

#include <optional>

namespace quire::props {

/// The classes of input that runs must meet.
ClassCounts device_classes();

/// Opens the machine's file and plays the commands. What an opening, a read, a write or a flush
/// must answer follows from the answers of the system calls, as block_device.h says; which bytes
/// must lie in memory and on the disk from the runs.
std::optional<Failure> run_device_case(const DeviceCase& checked, ClassCounts& classes);

}  // namespace quire::props
