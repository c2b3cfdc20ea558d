// The extents of the forks of a file of XFS, as sets of blocks.
#pragma once

#include "props/audit/block_set.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>
#include <vector>

namespace quire::props {

/// One fork. Sets of blocks of the file.
struct SeenFork {
  explicit SeenFork(const ref::xfs::ExtentList& fork);

  BlockSet all;
  BlockSet delayed;
  std::vector<BlockRun> on_device;   ///< blocks of the device, one run for each real extent
  std::uint64_t real = 0;            ///< blocks
  std::uint64_t wrong = 0;           ///< extents that are empty, too long or misplaced, or overlap
  std::uint64_t index_promised = 0;  ///< blocks
  std::vector<std::uint64_t> delayed_counts;  ///< blocks of each delayed extent
};

/// The blocks of the file's data fork whose blocks of the device `is_shared(device_block)` says.
template <class IsShared>
BlockSet blocks_of_device(const ref::xfs::ExtentList& fork, IsShared is_shared) {
  std::vector<BlockRun> runs;
  for (const auto& [start, extent] : fork.extents()) {
    if (extent.is_delayed()) continue;
    for (std::uint64_t i = 0; i < extent.count; ++i) {
      if (is_shared(extent.device_block + i))
        append(runs, {extent.start + i, extent.start + i + 1});
    }
  }
  return BlockSet(std::move(runs));
}

}  // namespace quire::props
