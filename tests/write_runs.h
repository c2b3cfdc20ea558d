// One call of a device's write(), with one answer.
#pragma once

#include <quire/block_device.h>

#include <cerrno>
#include <span>
#include <vector>

namespace quire::tests {

/// Writes the runs; 0 or the first error among their results. A result that is not set counts as
/// -EIO, as in libquire.
inline int write_runs(BlockDevice& device, std::span<const DeviceRun> runs) {
  std::vector<int> results(runs.size(), -EIO);
  device.write(runs, results);
  for (const int result : results) {
    if (result != 0) return result;
  }
  return 0;
}

}  // namespace quire::tests
