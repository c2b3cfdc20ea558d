// A case for the calls of libquire that open, move, close and inherit volumes and files.
#pragma once

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace quire::props {

enum class HandleAction {
  open,  ///< handle `handle` is opened on file `file`, over what it was
  move,  ///< handle `other` becomes what `handle` is, which may be itself
  close,
  write,  ///< of `length` bytes at `at`; -1: the position
  read,
  fsync,
  truncate,  ///< to `at`
  ask,       ///< size, position and the blocks of the file
  drop_cache,
  move_volume,     ///< away and back, and onto itself
  destroy_volume,  ///< its files live on
  fork,            ///< a child tries and destroys all
};

struct HandleCommand {
  HandleAction action = HandleAction::open;
  std::size_t handle = 0, other = 0;
  std::uint64_t file = 0;
  std::int64_t at = 0;
  std::uint64_t length = 0;
};

/// What a device of the program's does that is not an answer, or is one.
struct OddAnswer {
  enum Kind { answers, no_memory, throws, sets_nothing };
  Kind kind = answers;
  int answer = 0;
};

/// A device that throws when a volume is opened on it.
enum class OddOpening { none, no_device, name, size, size_no_memory, sector_size };

/// Sizes are bytes.
struct HandleCase {
  std::uint64_t block_size = 4096, device_bytes = 1 << 20;
  std::uint32_t sector_size = 512;
  OddOpening odd = OddOpening::none;
  bool own_memory = false;              ///< VolumeOptions::memory is set
  std::vector<OddAnswer> answers = {};  ///< of a device under GuardedDevice, one a run
  std::vector<HandleCommand> commands = {};
};

/// A line for the volume, and one for each command.
void showValue(const HandleCase& c, std::ostream& os);

rc::Gen<HandleCase> arbitrary_handle_case();

}  // namespace quire::props
