// A volume: numbered files on one device.
#pragma once

#include "ref/device/device.h"
#include "ref/plain/file.h"
#include "ref/plain/inode.h"
#include "ref/throttle/volume_throttle.h"
#include "spec/recorder.h"

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>

namespace quire::ref {

struct VolumeOptions {
  /// Bytes: a power of two from the larger of 512 and the device's sector to a page.
  std::uint64_t block_size = 4096;
  /// Blocks of the device below it are allocated last: so that few files lie far behind its start.
  std::uint64_t first_block = 0;
  /// Where the cached bytes live; it may throw std::bad_alloc, which a call answers with ENOMEM.
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();
  /// Receives each step; may be null.
  spec::Recorder* recorder = nullptr;
  /// Without it no writer waits.
  std::optional<VolumeThrottle> throttle = std::nullopt;
};

/// All blocks of the device belong to the space manager; block maps and sizes live in memory. The
/// former contents of the device are never read. One thread at a time uses a volume and all of its
/// files. The device, memory and recorder must outlive it.
class Volume {
 public:
  /// An empty volume. Error: a sentence, when the block size does not fit the device or the device
  /// has fewer than 16 blocks ("too small").
  static std::expected<std::unique_ptr<Volume>, std::string> make(
      Device& device, const VolumeOptions& options);

  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  /// A new handle on file `number`; a number never seen is an empty file. flags: 0, or O_APPEND
  /// (every write of the handle goes to the end), O_DSYNC and O_SYNC (it ends with fsync()).
  File open(std::uint64_t number, int flags = 0);

  /// The process that all handles work for. The calls here obey its limit on sizes, and count its
  /// signal instead of sending it.
  vfs::Caller& caller() { return superblock_.caller; }

  /// Writes every dirty block of every file to the device and flushes it. Reports no error: fsync
  /// and syncfs do (ES-6; sync(2)).
  void sync();

  /// The same, but returns 0 or an error of any file, each once for a handle (syncfs(2)). file: a
  /// handle on this volume. EBADF: it is closed.
  int syncfs(File& file);

  /// The throttle of the writers, or null.
  DirtyThrottle* throttle() { return throttle_ ? &throttle_->throttle : nullptr; }

  /// Blocks: neither in use nor reserved; reserved; of the whole device.
  std::uint64_t free_blocks() const { return superblock_.space.free_blocks(); }
  std::uint64_t reserved_blocks() const { return superblock_.space.reserved_blocks(); }
  std::uint64_t blocks() const { return superblock_.space.blocks(); }

  /// Bytes.
  std::uint64_t block_size() const { return superblock_.block_size; }

  /// For an audit: the state that the files share, and the files by number.
  const Superblock& superblock() const { return superblock_; }
  const std::map<std::uint64_t, Inode>& inodes() const { return inodes_; }

 private:
  Volume(Device& device, const VolumeOptions& options);

  void write_back_all();
  std::uint64_t cached_dirty_pages() const;

  Superblock superblock_;
  std::map<std::uint64_t, Inode> inodes_;
  std::optional<ThrottleAndFlusher> throttle_;
};

}  // namespace quire::ref
