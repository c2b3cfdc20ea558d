// A fault that strikes one command: of its device, or of the memory for folios.
#pragma once

#include <cstdint>

namespace quire::props {

enum class FaultKind {
  read,
  write,
  flush,
  memory,
  damage,  ///< a read that succeeds and stores other bytes, where its caller can notice it
};

/// The operations that fail, from the one that is struck on.
enum class FaultReach {
  once,   ///< that one alone
  place,  ///< each that touches the sector in the middle of that one; not of flush and memory
  all,    ///< each of the same kind
};

/// Operations are the runs of a read or a write, flushes, and allocations of folios.
struct Fault {
  FaultKind kind = FaultKind::read;
  std::uint64_t after = 0;  ///< operations of this kind that pass first
  FaultReach reach = FaultReach::once;
  int error = 0;  ///< a positive errno; of memory: ENOMEM; of damage: EIO, the answer of its caller
};

}  // namespace quire::props
