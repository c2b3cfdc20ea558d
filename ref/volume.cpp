// A volume: its making, and its files.
#include "ref/volume.h"

#include "ref/writeback.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <fcntl.h>

namespace quire::ref {
namespace {

constexpr std::uint64_t kBlocksMin = 16;

}  // namespace

std::expected<std::unique_ptr<Volume>, std::string> Volume::make(
    Device& device, const VolumeOptions& options) {
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

Volume::Volume(Device& device, const VolumeOptions& options)
    : superblock_{
          .device = device,
          .block_size = options.block_size,
          .space = FirstFit(device.size() / options.block_size),
          .memory = options.memory,
          .recorder = options.recorder} {}

File Volume::open(std::uint64_t number, int flags) {
  Inode& inode = inodes_.try_emplace(number, superblock_, number).first->second;
  return File(inode, (flags & O_APPEND) != 0);
}

int Volume::syncfs() {
  int first_error = 0;
  for (auto& [number, inode] : inodes_) {
    const int error = writeback(inode, inode.size);
    if (first_error == 0) first_error = error;
  }
  const int flush_error = superblock_.device.flush();
  return first_error != 0 ? first_error : flush_error;
}

}  // namespace quire::ref
