// An XFS volume: its making, and its files.
#include "ref/xfs/volume.h"

#include "ref/iomap/writeback.h"
#include "ref/require.h"
#include "ref/xfs/writeback_ops.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <cerrno>

namespace quire::ref::xfs {
namespace {

constexpr std::uint64_t kBlocksMin = 16;

}  // namespace

std::expected<std::unique_ptr<Volume>, std::string> Volume::make(
    Device& device, const MountOptions& options) {
  const std::uint64_t block_size = options.block_size;
  const std::string named = "block size " + std::to_string(block_size);
  if (!spec::is_power_of_two(block_size)) return std::unexpected(named + " is not a power of two");
  if (block_size < spec::kBlockSizeMin || spec::kBlockSizeMax < block_size) {
    return std::unexpected(named + " is not from 512 to 4096");
  }
  if (block_size < device.sector_size()) {
    return std::unexpected(
        named + " is below the device's sector size " + std::to_string(device.sector_size()));
  }
  if (device.size() / block_size < kBlocksMin) {
    return std::unexpected("the device is too small: it has fewer than 16 blocks");
  }
  return std::unique_ptr<Volume>(new Volume(device, options));
}

Volume::Volume(Device& device, const MountOptions& options)
    : mount_(device, options), errors_(&mount_.recorder, kVolumeErrors) {}

File Volume::open(std::uint64_t number, const OpenOptions& options, Owner pays) {
  Node& node = nodes_.try_emplace(number, mount_, number, pays, errors_, statistics_).first->second;
  return File(node, options, options.caller != nullptr ? *options.caller : caller_);
}

void Volume::write_back_all() {
  for (auto& [number, node] : nodes_) {
    WritebackOps ops(node.inode);
    iomap::writepages(node.inode, ops, 0, node.inode.size);
    node.errors.check_and_keep();
  }
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
