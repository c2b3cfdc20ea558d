// An F2FS volume: its making, its files, its switches.
#include "ref/f2fs/volume.h"

#include "ref/f2fs/checkpoint.h"
#include "ref/f2fs/ledger.h"
#include "ref/f2fs/truncate.h"
#include "ref/f2fs/writeback.h"
#include "ref/noted_lock.h"

namespace quire::ref::f2fs {
namespace {

constexpr std::uint64_t kBlocksMin = 2 * kOverprovision;

}  // namespace

std::expected<std::unique_ptr<Volume>, std::string> Volume::make(
    Device& device, const VolumeOptions& options) {
  if (kBlockSize < device.sector_size()) {
    return std::unexpected(
        "the device's sector size " + std::to_string(device.sector_size()) + " is above 4096");
  }
  if (device.size() / kBlockSize < kBlocksMin) {
    return std::unexpected("the device is too small: it has fewer than 32 blocks");
  }
  return std::unique_ptr<Volume>(new Volume(device, options));
}

Volume::Volume(Device& device, const VolumeOptions& options)
    : superblock_(device, device.size() / kBlockSize - 1, options.memory) {
  superblock_.recorder = options.recorder;
  superblock_.inode_addresses = options.inode_addresses;
  superblock_.dnode_addresses = options.dnode_addresses;
  superblock_.user_blocks = superblock_.area.blocks() - kOverprovision;
}

File Volume::open(std::uint64_t number, const FileOptions& options) {
  auto& inode = superblock_.inodes[number];
  if (inode == nullptr) {
    inode = std::make_unique<Inode>(superblock_, number, options.owner);
    inode->node.is_inline = options.inline_data;
    inode->node.is_compressed = options.compressed;
  }
  if (inode->node.must_truncate) {
    const NotedLock<spec::Iolock> iolock(superblock_.recorder, number);
    truncate_past_size(*inode);
    inode->node.must_truncate = false;
  }
  tell_ledger(superblock_);
  return File(*inode);
}

void Volume::set_quota(std::uint64_t owner, std::uint64_t blocks) {
  superblock_.quotas[owner].limit = blocks;
}

int Volume::checkpoint() { return f2fs::checkpoint(superblock_); }

int Volume::disable_checkpoints() {
  for (const auto& [number, inode] : superblock_.inodes) {
    if (const int error = writeback(*inode, inode->node.size); error != 0) return error;
  }
  const int error = checkpoint();
  superblock_.cp_disabled = error == 0;
  tell_ledger(superblock_);
  return error;
}

void Volume::enable_checkpoints() { superblock_.cp_disabled = false; }

void Volume::crash() {
  f2fs::crash(superblock_);
  tell_ledger(superblock_);
}

std::uint64_t Volume::quota_used(std::uint64_t owner) const {
  const auto found = superblock_.quotas.find(owner);
  return found == superblock_.quotas.end() ? 0 : found->second.used;
}

}  // namespace quire::ref::f2fs
