// Commands to a volume of ref's model of F2FS: the calls that only F2FS has, and what they change.
#pragma once

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace quire::props {

enum class F2fsAction {
  write,       ///< `length` bytes at `pos`
  truncate,    ///< to `pos` bytes
  write_back,  ///< of the file
  drop_cache,
  fsync,
  syncfs,
  start_atomic,
  commit_atomic,
  abort_atomic,
  pin,
  unpin,
  make_immutable,
  make_mutable,
  release_blocks,  ///< that compression saved
  reserve_blocks,  ///< again
  limit_quota,     ///< to what the file's owner has and `length` % 4 blocks more
  lift_quota,
  checkpoint,
  disable_checkpoints,
  enable_checkpoints,
  stop_checkpoints,  ///< as if one had failed
  crash,             ///< of the machine
};

/// How file `number` is made: 0 plain, 1 with inline data, 2 compressed. Each has an owner of its
/// own.
inline constexpr std::uint64_t kF2fsFiles = 3;

struct F2fsCommand {
  F2fsAction action = F2fsAction::write;
  std::uint64_t file = 0;
  std::uint64_t pos = 0, length = 0;  ///< bytes
  /// Each write to the device fails with EIO meanwhile. Of an atomic file alone.
  bool device_fails = false;
};

struct F2fsCase {
  /// Whether every byte is read behind each command. If not, what is not read stays out of the
  /// cache until the end.
  bool each_byte = true;
  std::vector<F2fsCommand> commands;
};

/// A line for each command.
void showValue(const F2fsCase& c, std::ostream& os);

rc::Gen<F2fsCase> arbitrary_f2fs_calls();

}  // namespace quire::props
