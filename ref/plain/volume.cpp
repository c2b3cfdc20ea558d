// A volume: its making, and its files.
#include "ref/plain/volume.h"

#include "ref/plain/writeback.h"
#include "ref/require.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <fcntl.h>

#include <cerrno>

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
          .recorder = options.recorder,
          .errors = NotedErrSeq(options.recorder, kVolumeErrors)} {
  if (!options.throttle) return;
  const VolumeThrottle& asked = *options.throttle;
  require(asked.clock != nullptr, "a volume is throttled without a clock");
  surroundings_ = std::make_unique<WriterAndFlusher>(
      *asked.clock, [this] { write_back_all(); }, [this] { return cached_dirty_pages(); });
  throttle_ = std::make_unique<DirtyThrottle>(
      asked.available_pages, asked.pages_per_second, *surroundings_, options.recorder);
  superblock_.throttle = throttle_.get();
}

File Volume::open(std::uint64_t number, int flags) {
  Inode& inode = inodes_.try_emplace(number, superblock_, number).first->second;
  return File(inode, (flags & O_APPEND) != 0);
}

void Volume::write_back_all() {
  for (auto& [number, inode] : inodes_) {
    write_back_file(inode);
    inode.errors.check_and_keep();
  }
}

std::uint64_t Volume::cached_dirty_pages() {
  std::uint64_t pages = 0;
  for (auto& [number, inode] : inodes_) {
    for (const auto& [index, folio] : inode.pages.folios()) {
      if (folio.dirty()) pages += folio.size() / spec::kPageSize;
    }
  }
  return pages;
}

void Volume::sync() {
  write_back_all();
  superblock_.device.flush();
}

int Volume::syncfs(File& file) {
  if (file.inode_ == nullptr) return -EBADF;
  require(&file.inode_->volume == &superblock_, "syncfs of another volume's file");
  write_back_all();
  const int flush_error = superblock_.device.flush();
  const int error = superblock_.errors.check_and_advance(file.volume_errors_);
  return error != 0 ? error : flush_error;
}

}  // namespace quire::ref
