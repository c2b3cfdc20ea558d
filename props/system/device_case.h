// A case for the code of devices: a machine, and calls.
#pragma once

#include "props/system/node.h"

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace quire::props {

/// Whose device is opened.
enum class DeviceSubject {
  best,   ///< libquire's, as open_block_device() chooses it
  plain,  ///< libquire's for machines without io_uring
  ref,
};

/// What a run has that no run may have.
enum class Flaw {
  none,
  odd_pos,
  odd_memory,
  odd_length,
  empty_segment,  ///< its last segment
  past_end,       ///< its last segment reaches a sector behind the end
  far_behind,     ///< it begins a sector below 2^64
};

/// A run of `segments` segments, each of so many sectors, behind a gap of sectors.
struct RunShape {
  std::uint64_t gap = 0;
  std::uint64_t segments = 1, sectors = 1;
  Flaw flaw = Flaw::none;
};

enum class DeviceAction {
  open,   ///< as handle number `handle`, by path number `path`; an open one is destroyed first
  close,  ///< the handle is destroyed
  read,
  write,
  flush,
  fork,   ///< a child tries the handle, and destroys it
  clone,  ///< the same of a child that no handler of fork(2) runs in
};

struct DeviceCommand {
  DeviceAction action = DeviceAction::open;
  std::size_t handle = 0, path = 0;
  std::vector<RunShape> runs = {};
  std::uint64_t repeat = 1;   ///< the runs once more, behind the others
  bool at_end = false;        ///< the runs lie before the end of the device, not at its start
  std::uint64_t threads = 0;  ///< so many make the same call behind it, each in the call before
};

struct DeviceCase {
  DeviceSubject subject = DeviceSubject::best;
  MachineSetting machine;
  std::vector<DeviceCommand> commands;
};

/// A line for the machine, and one for each command.
void showValue(const DeviceCase& c, std::ostream& os);

rc::Gen<DeviceCase> arbitrary_device_case();

}  // namespace quire::props
