// An F2FS volume: its creation, its files, its switches.
#include "ref/linux/f2fs/volume.h"

#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/ledger.h"
#include "ref/linux/f2fs/truncate.h"
#include "ref/linux/f2fs/writeback.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <cerrno>

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
    : superblock_(
          device, device.size() / kBlockSize - 1, options.memory, options.recorder,
          options.first_block) {
  superblock_.inode_addresses = options.inode_addresses;
  superblock_.dnode_addresses = options.dnode_addresses;
  superblock_.user_blocks = superblock_.area.blocks() - kOverprovision;
}

File Volume::open(std::uint64_t number, const FileOptions& options, int flags) {
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
  report_ledger(superblock_);
  return File(*inode, vfs::handle_of(flags));
}

void Volume::set_quota(std::uint64_t owner, std::uint64_t blocks) {
  superblock_.quotas[owner].limit = blocks;
}

const Node* Volume::kept(std::uint64_t number) const {
  const auto found = superblock_.kept.find(number);
  return found == superblock_.kept.end() ? nullptr : &found->second;
}

int Volume::checkpoint() { return f2fs::checkpoint(superblock_); }

int Volume::disable_checkpoints() {
  for (const auto& [number, inode] : superblock_.inodes) {
    if (const int error = writeback(*inode, inode->node.size); error != 0) return error;
  }
  const int error = checkpoint();
  superblock_.cp_disabled = error == 0;
  report_ledger(superblock_);
  return error;
}

void Volume::enable_checkpoints() { superblock_.cp_disabled = false; }

void Volume::crash() {
  f2fs::crash(superblock_);
  report_ledger(superblock_);
}

int Volume::write_back_all() {
  int first_error = 0;
  for (const auto& [number, inode] : superblock_.inodes) {
    const int error = writeback(*inode, inode->node.size);
    inode->errors.check_and_keep();
    if (first_error == 0) first_error = error;
  }
  return first_error;
}

void Volume::sync() {
  if (superblock_.cp_error) return;
  if (write_back_all() == 0) checkpoint();
  report_ledger(superblock_);
}

int Volume::syncfs(File& file) {
  if (file.inode_ == nullptr) return -EBADF;
  require(&file.inode_->volume == &superblock_, "syncfs of another volume's file");
  const int error = write_back_all();
  const int checkpoint_error = error == 0 ? checkpoint() : 0;
  report_ledger(superblock_);
  const int recorded_error = superblock_.errors.check_and_advance(file.volume_errors_);
  return recorded_error != 0 ? recorded_error : checkpoint_error;
}

std::uint64_t Volume::quota_used(std::uint64_t owner) const {
  const auto found = superblock_.quotas.find(owner);
  return found == superblock_.quotas.end() ? 0 : found->second.used;
}

}  // namespace quire::ref::f2fs
