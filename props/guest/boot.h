// In the player, as the first process of a guest: makes the machine ready, and ends it.
#pragma once

#include "props/device/descriptor.h"

#include <string>

namespace quire::props::guest {

/// The disk and the channel of a guest.
struct Stage {
  Descriptor folder;   ///< the topmost folder of the volume
  Descriptor channel;  ///< the port that leads to the host
};

/// Loads the modules of /modules in the order of their names, mounts /dev/vda and opens the port.
/// kind: the file system on /dev/vda. Throws std::runtime_error, one line that names what failed.
Stage set_stage(const std::string& kind);

/// Ends the machine.
[[noreturn]] void power_off();

}  // namespace quire::props::guest
