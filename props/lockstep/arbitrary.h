// Generators of cases: sequences of commands that lean towards edges.
#pragma once

#include "props/differential/command.h"

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

/// A case: up to some thirty commands on two files, positions in a universe of 16 KiB to 6 MiB,
/// blocks of the sector size to 4096 bytes, a volume that may run full, and memory that may refuse
/// large folios.
rc::Gen<Case> arbitrary_case(const Bounds& bounds);

/// The two parts of such a case. universe: positions are below it; bytes. size: about the most
/// commands.
rc::Gen<Setting> arbitrary_setting(const Bounds& bounds, std::uint64_t universe);
rc::Gen<std::vector<Command>> arbitrary_commands(
    const Bounds& bounds, std::uint64_t universe, int size);

}  // namespace quire::props
