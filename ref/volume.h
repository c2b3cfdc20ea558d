// A volume: numbered files on one device.
#pragma once

#include "ref/device.h"
#include "ref/file.h"
#include "ref/inode.h"
#include "spec/recorder.h"

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>

namespace quire::ref {

struct VolumeOptions {
  /// Bytes: a power of two from the larger of 512 and the device's sector to a page.
  std::uint64_t block_size = 4096;
  /// Where the cached bytes live; it may throw std::bad_alloc, which a call answers with ENOMEM.
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();
  /// Hears each step; may be null.
  spec::Recorder* recorder = nullptr;
};

/// All blocks of the device belong to the space manager; block maps and sizes live in memory. What
/// the device held when the volume was made is never read. One thread at a time uses a volume and
/// all of its files. The device, memory and recorder must outlive it.
class Volume {
 public:
  /// An empty volume. Error: a sentence, when the block size does not fit the device or the device
  /// has fewer than 16 blocks ("too small").
  static std::expected<std::unique_ptr<Volume>, std::string> make(
      Device& device, const VolumeOptions& options);

  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  /// A new handle on file `number`; a number never seen is an empty file. flags: 0, or O_APPEND:
  /// every write of the handle goes to the end.
  File open(std::uint64_t number, int flags = 0);

  /// Brings every dirty block of every file to the device and flushes it (syncfs(2)). Returns 0, or
  /// the first error.
  int syncfs();

  /// What the calling process has set for itself; it holds for every handle.
  Caller& caller() { return superblock_.caller; }

  /// Blocks: neither in use nor reserved; reserved; of the whole device.
  std::uint64_t free_blocks() const { return superblock_.space.free_blocks(); }
  std::uint64_t reserved_blocks() const { return superblock_.space.reserved_blocks(); }
  std::uint64_t blocks() const { return superblock_.space.blocks(); }

  /// Bytes.
  std::uint64_t block_size() const { return superblock_.block_size; }

 private:
  Volume(Device& device, const VolumeOptions& options);

  Superblock superblock_;
  std::map<std::uint64_t, Inode> inodes_;
};

}  // namespace quire::ref
