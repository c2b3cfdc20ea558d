// An XFS volume: its making, and its files.
#include "ref/xfs/volume.h"

#include "spec/geometry.h"
#include "spec/word.h"

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

}  // namespace quire::ref::xfs
