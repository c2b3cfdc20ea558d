// An XFS volume: its creation, and its files.
#include "ref/linux/xfs/volume.h"

#include "ref/device/block_size.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/require.h"

#include <cerrno>

namespace quire::ref::xfs {

std::expected<std::unique_ptr<Volume>, std::string> Volume::make(
    Device& device, const MountOptions& options) {
  if (const auto fits = check_block_size(device, options.block_size); !fits) {
    return std::unexpected(fits.error());
  }
  return std::unique_ptr<Volume>(new Volume(device, options));
}

Volume::Volume(Device& device, const MountOptions& options)
    : mount_(device, options), errors_(&mount_.recorder, kVolumeErrors) {
  if (!options.throttle) return;
  throttle_.emplace(
      *options.throttle, &mount_.recorder, [this] { write_back_all(); },
      [this] { return cached_dirty_pages(); });
}

File Volume::open(std::uint64_t number, const OpenOptions& options, Owner owned_by) {
  const auto [at, is_new] =
      nodes_.try_emplace(number, mount_, number, owned_by, errors_, statistics_);
  Node& node = at->second;
  if (is_new && throttle_) connect_throttle(node.inode);
  return File(node, options, options.caller != nullptr ? *options.caller : caller_);
}

void Volume::write_back_all() {
  for (auto& [number, node] : nodes_) {
    WritebackOps ops(node.inode);
    iomap::writepages(node.inode, ops, 0, node.inode.size);
    node.errors.check_and_keep();
  }
}

std::uint64_t Volume::cached_dirty_pages() const {
  std::uint64_t pages = 0;
  for (const auto& [number, node] : nodes_) pages += node.inode.pages.dirty_pages();
  return pages;
}

void Volume::connect_throttle(Inode& inode) {
  inode.throttle = [this](bool nowait) { return throttle_->throttle.balance(nowait); };
  inode.count_dirty = [this](std::uint64_t pages, bool dirty) {
    if (dirty) {
      throttle_->throttle.dirtied(pages);
    } else {
      throttle_->throttle.cleaned(pages);
    }
  };
}

void Volume::sync() {
  write_back_all();
  mount_.device.flush();
}

int Volume::syncfs(File& file) {
  if (file.node_ == nullptr) return -EBADF;
  require(&file.node_->inode.mount == &mount_, "syncfs of another volume's file");
  write_back_all();
  const int flush_error = mount_.device.flush();
  const int error = errors_.check_and_advance(file.volume_errors_);
  return error != 0 ? error : flush_error;
}

}  // namespace quire::ref::xfs
