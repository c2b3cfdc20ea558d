#include "props/audit/xfs_forks.h"

#include "spec/linux/prealloc.h"

#include <utility>

namespace quire::props {

SeenFork::SeenFork(const ref::xfs::ExtentList& fork) {
  std::vector<BlockRun> blocks, delayed_blocks;
  for (const auto& [start, extent] : fork.extents()) {
    const BlockRun run{extent.start, extent.start + extent.count};
    wrong += start != extent.start || extent.count == 0 || spec::kExtentMax < extent.count;
    blocks.push_back(run);
    index_promised += extent.index_blocks;
    if (extent.is_delayed()) {
      delayed_blocks.push_back(run);
      delayed_counts.push_back(extent.count);
    } else {
      on_device.push_back({extent.device_block, extent.device_block + extent.count});
      real += extent.count;
      wrong += extent.index_blocks != 0;
    }
  }
  all = BlockSet(std::move(blocks));
  delayed = BlockSet(std::move(delayed_blocks));
  wrong += all.again();
}

}  // namespace quire::props
