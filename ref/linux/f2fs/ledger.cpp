// The space ledger: counted again.
#include "ref/linux/f2fs/ledger.h"

#include <algorithm>
#include <map>

namespace quire::ref::f2fs {
namespace {

using Number = std::uint64_t;

/// Adds one file to the volume's sums and to its owner's.
void add(const Inode& inode, spec::VolumeLedger<Number>& volume, std::map<Number, Number>& owners) {
  const Node& node = inode.node;
  inode.volume.recorder->step(spec::OwnerLedger<Number>{node.blocks, node.owned()});
  owners[inode.owner] += node.blocks;
  volume.addresses += node.addresses.size();
  volume.nodes += node.dnodes.size();
  volume.device_addresses += static_cast<Number>(std::ranges::count_if(
      node.addresses, [](const auto& entry) { return is_block_address(entry.second); }));
}

}  // namespace

void report_ledger(Superblock& volume) {
  if (volume.recorder == nullptr) return;
  spec::VolumeLedger<Number> sums{};
  std::map<Number, Number> owners;
  for (const auto& [number, inode] : volume.inodes) {
    add(*inode, sums, owners);
    if (inode->is_atomic()) add(*inode->cow, sums, owners);
  }
  for (const auto& [owner, quota] : volume.quotas) {
    volume.recorder->step(spec::OwnerLedger<Number>{quota.used, owners[owner]});
  }
  sums.valid = volume.valid;
  sums.user_blocks = volume.user_blocks;
  sums.blocks_in_use = volume.area.live_blocks();
  volume.recorder->step(sums);
}

}  // namespace quire::ref::f2fs
