// A case for write hooks: a file on a small volume, and writes to it that meet trouble.
#pragma once

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace quire::props {

/// What fails while a write runs.
enum class Trouble {
  none,
  memory,  ///< a folio finds no memory: ENOMEM
  space,   ///< a reservation is refused: ENOSPC
  device,  ///< a block cannot be read: EIO
  signal,  ///< the caller is about to die: EINTR
};

/// The operation behind `after` good ones fails, or each from there on.
struct HooksTrouble {
  Trouble kind = Trouble::none;
  std::uint64_t after = 0;
  bool lasts = false;
};

/// A page of the caller's memory that goes away, so that a copy stops before byte `at` of the write
/// so many times.
struct CopyStop {
  std::uint64_t at = 0;
  std::uint64_t times = 1;
};

enum class HooksAction {
  write,
  write_back,  ///< what is dirty goes to the device
  drop_cache,  ///< and then all folios leave the cache
  truncate     ///< to `pos` bytes
};

/// Positions and lengths are bytes.
struct HooksCommand {
  HooksAction action = HooksAction::write;
  std::uint64_t pos = 0;
  std::uint64_t length = 1;
  std::uint64_t unreadable = 0;  ///< at the end of the write, which then stops there
  std::vector<CopyStop> stops = {};
  HooksTrouble trouble = {};
};

struct HooksCase {
  std::uint64_t block_size = 4096;
  std::uint64_t folio_max = 4096;  ///< the largest folio
  std::uint64_t blocks = 64;       ///< of the volume
  std::vector<HooksCommand> commands = {};
};

/// Blocks of a volume that no case fills.
inline constexpr std::uint64_t kRoomyBlocks = 1024;

/// A line for each command.
void showValue(const HooksCase& c, std::ostream& os);

rc::Gen<HooksCase> arbitrary_hooks_case();

/// The cases to try next where this one fails.
std::vector<HooksCase> smaller_hooks_cases(const HooksCase& from);

}  // namespace quire::props
