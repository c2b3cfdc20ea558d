// Generators of cases: sequences of commands that lean towards edges.
#pragma once

#include "props/differential/command.h"
#include "props/differential/windows.h"

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <vector>

namespace quire::props {

/// The smallest device that a generated case fits into.
inline constexpr std::uint64_t kDeviceBytesMin = 64 << 10;

/// The limits of a generated case.
struct Bounds {
  std::uint64_t device_bytes;    ///< size of the device; kDeviceBytesMin or more
  std::uint64_t block_size_min;  ///< its sector size
  bool late_memory;              ///< whether userfaultfd may be used
};

/// A case: up to some thirty commands on two files, positions in windows of 16 KiB to 6 MiB, blocks
/// of the sector size to 4096 bytes, a volume that may run full or lie far behind the start of a
/// large device, and memory that may refuse large folios.
rc::Gen<Case> arbitrary_case(const Bounds& bounds);

/// What goes on besides the commands of a case: one of these, never two.
enum class Besides {
  nothing,
  faults,  ///< of the device and of memory
  actors,  ///< calls of a second thread
};

/// The two parts of such a case. universe: bytes of a window. size: about the most commands.
rc::Gen<Setting> arbitrary_setting(const Bounds& bounds, std::uint64_t universe);
rc::Gen<std::vector<Command>> arbitrary_commands(
    const Bounds& bounds, const Windows& windows, int size, Besides besides);

}  // namespace quire::props
