#include "ref/linux/xfs/ledger.h"

#include "ref/linux/xfs/inode.h"
#include "spec/linux/space.h"

#include <algorithm>
#include <map>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

/// How many extents of all files name each block of the device, of those that any names.
std::map<Number, Number> count_owners(const Mount& mount) {
  std::map<Number, Number> owners;
  for (const auto& [number, inode] : mount.files) {
    for (const ExtentList* fork : {&inode->data, &inode->cow}) {
      for (const auto& [start, extent] : fork->extents()) {
        if (extent.is_delayed()) continue;
        for (Number i = 0; i < extent.count; ++i) ++owners[extent.device_block + i];
      }
    }
  }
  return owners;
}

spec::SpaceLedger<Number> ledger_of_space(const Mount& mount) {
  spec::SpaceLedger<Number> ledger{};
  ledger.blocks = mount.space.blocks();
  ledger.free = mount.space.free();
  ledger.allocated = mount.space.allocated();
  for (const auto& [block, owners] : count_owners(mount)) {
    if (owners == mount.space.owners(block)) ++ledger.owned;
  }
  for (const auto& [number, inode] : mount.files) {
    ledger.delayed += inode->data.delayed_blocks() + inode->cow.delayed_blocks();
    ledger.indexing += inode->data.index_blocks() + inode->cow.index_blocks();
  }
  return ledger;
}

spec::FileLedger<Number> ledger_of_file(const Inode& inode) {
  return {
      .delayed_blocks = inode.delayed_blocks,
      .data_delayed = inode.data.delayed_blocks(),
      .cow_blocks = inode.cow.delayed_blocks() + inode.cow.real_blocks(),
      .real_blocks = inode.real_blocks,
      .data_real = inode.data.real_blocks()};
}

spec::QuotaLedger<Number> ledger_of_quota(const Mount& mount, const Dquot& dquot) {
  spec::QuotaLedger<Number> ledger{dquot.used(), dquot.reserved(), 0, 0};
  for (const auto& [number, inode] : mount.files) {
    if (std::ranges::find(inode->dquots, &dquot) == inode->dquots.end()) continue;
    ledger.real_blocks += inode->real_blocks;
    ledger.delayed_blocks += inode->delayed_blocks;
  }
  return ledger;
}

}  // namespace

void record_ledger(Mount& mount) {
  mount.recorder.step(ledger_of_space(mount));
  for (const auto& [number, inode] : mount.files) mount.recorder.step(ledger_of_file(*inode));
  for (const auto& [key, dquot] : mount.quotas.records()) {
    mount.recorder.step(ledger_of_quota(mount, dquot));
  }
}

}  // namespace quire::ref::xfs
