// An XFS volume: its making, and its files.
#include "ref/linux/xfs/volume.h"

#include "ref/linux/iomap/writeback.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/require.h"
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
    : mount_(device, options), errors_(&mount_.recorder, kVolumeErrors) {
  if (!options.throttle) return;
  const VolumeThrottle& asked = *options.throttle;
  require(asked.clock != nullptr, "a volume is throttled without a clock");
  surroundings_ = std::make_unique<WriterAndFlusher>(
      *asked.clock, [this] { write_back_all(); }, [this] { return cached_dirty_pages(); });
  throttle_ = std::make_unique<DirtyThrottle>(
      asked.available_pages, asked.pages_per_second, *surroundings_, &mount_.recorder);
}

File Volume::open(std::uint64_t number, const OpenOptions& options, Owner owned_by) {
  const auto [at, is_new] =
      nodes_.try_emplace(number, mount_, number, owned_by, errors_, statistics_);
  Node& node = at->second;
  if (is_new && throttle_ != nullptr) connect_throttle(node.inode);
  return File(node, options, options.caller != nullptr ? *options.caller : caller_);
}

void Volume::write_back_all() {
  for (auto& [number, node] : nodes_) {
    WritebackOps ops(node.inode);
    iomap::writepages(node.inode, ops, 0, node.inode.size);
    node.errors.check_and_keep();
  }
}

std::uint64_t Volume::cached_dirty_pages() {
  std::uint64_t pages = 0;
  for (auto& [number, node] : nodes_) {
    for (const auto& [index, folio] : node.inode.pages.folios()) {
      if (folio.dirty()) pages += folio.size() / spec::kPageSize;
    }
  }
  return pages;
}

void Volume::connect_throttle(Inode& inode) {
  inode.throttle = [this](bool nowait) { return throttle_->balance(nowait); };
  inode.count_dirty = [this](std::uint64_t pages, bool dirty) {
    if (dirty) {
      throttle_->dirtied(pages);
    } else {
      throttle_->cleaned(pages);
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
