// How often a device was called.
#pragma once

#include <cstdint>

namespace quire::props {

/// The calls that a device has got, failed ones too. A read or a write is one run.
struct DeviceCounts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t flushes = 0;
  /// Reads and writes refused for their arguments (-EINVAL); not counted above.
  std::uint64_t misuses = 0;

  friend bool operator==(const DeviceCounts&, const DeviceCounts&) = default;
};

}  // namespace quire::props
