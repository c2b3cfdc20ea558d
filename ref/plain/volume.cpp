// A volume: its creation, and its files.
#include "ref/plain/volume.h"

#include "ref/device/block_size.h"
#include "ref/plain/writeback.h"
#include "ref/require.h"

#include <cerrno>

namespace quire::ref {

std::expected<std::unique_ptr<Volume>, std::string> Volume::make(
    Device& device, const VolumeOptions& options) {
  if (const auto fits = check_block_size(device, options.block_size); !fits) {
    return std::unexpected(fits.error());
  }
  return std::unique_ptr<Volume>(new Volume(device, options));
}

Volume::Volume(Device& device, const VolumeOptions& options)
    : superblock_{
          .device = device,
          .block_size = options.block_size,
          .space = FirstFit(device.size() / options.block_size, options.first_block),
          .memory = options.memory,
          .recorder = options.recorder,
          .errors = NotedErrSeq(options.recorder, kVolumeErrors)} {
  if (!options.throttle) return;
  throttle_.emplace(
      *options.throttle, options.recorder, [this] { write_back_all(); },
      [this] { return cached_dirty_pages(); });
  superblock_.throttle = &throttle_->throttle;
}

File Volume::open(std::uint64_t number, int flags) {
  Inode& inode = inodes_.try_emplace(number, superblock_, number).first->second;
  return File(inode, vfs::handle_of(flags));
}

void Volume::write_back_all() {
  for (auto& [number, inode] : inodes_) {
    write_back_file(inode);
    inode.errors.check_and_keep();
  }
}

std::uint64_t Volume::cached_dirty_pages() const {
  std::uint64_t pages = 0;
  for (const auto& [number, inode] : inodes_) pages += inode.pages.dirty_pages();
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
