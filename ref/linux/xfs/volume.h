// An XFS volume: numbered files on one device.
#pragma once

#include "ref/cache/mapping_errors.h"
#include "ref/device/device.h"
#include "ref/linux/xfs/file.h"
#include "ref/linux/xfs/mount.h"
#include "ref/linux/xfs/node.h"
#include "ref/vfs/caller.h"

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace quire::ref::xfs {

/// All blocks of the device belong to the files; extents, sizes and quotas live in memory, and the
/// former contents of the device are never read. One thread at a time uses a volume and all of its
/// files. The device, memory and recorder must outlive it.
class Volume {
 public:
  /// An empty volume. Error: a sentence, when the block size does not fit the device or the device
  /// has fewer than 16 blocks ("too small").
  static std::expected<std::unique_ptr<Volume>, std::string> make(
      Device& device, const MountOptions& options);

  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  /// A new handle on file `number`; a number never seen is an empty file, which `pays` owns.
  File open(std::uint64_t number, const OpenOptions& options = {}, Owner owned_by = {});

  /// Writes every dirty block of every file to the device and flushes it. Reports no error: fsync
  /// and syncfs do (ES-6; sync(2)).
  void sync();

  /// The same, but returns 0 or an error of any file, each once for a handle (syncfs(2)), else the
  /// flush's. file: a handle on this volume. EBADF: it is closed.
  int syncfs(File& file);

  /// The throttle of the writers, or null.
  DirtyThrottle* throttle() { return throttle_ ? &throttle_->throttle : nullptr; }

  /// Blocks: neither in use nor reserved; reserved, with what their index may need; of the whole
  /// device.
  std::uint64_t free_blocks() const { return mount_.space.free(); }
  std::uint64_t reserved_blocks() const {
    return mount_.space.blocks() - mount_.space.free() - mount_.space.allocated();
  }
  std::uint64_t blocks() const { return mount_.space.blocks(); }

  /// Bytes.
  std::uint64_t block_size() const { return mount_.block_size(); }

  /// The state that the files share; for quotas, shutting down, and checks of the accounts.
  Mount& mount() { return mount_; }
  const Mount& mount() const { return mount_; }
  const Statistics& statistics() const { return statistics_; }
  /// The word of the errors of writeback of any file.
  std::uint64_t errors() const { return errors_.value(); }

  /// A file without its handles; it must have been opened once.
  Node& node(std::uint64_t number) { return nodes_.at(number); }
  const Node& node(std::uint64_t number) const { return nodes_.at(number); }

 private:
  Volume(Device& device, const MountOptions& options);

  void write_back_all();
  std::uint64_t cached_dirty_pages() const;
  void connect_throttle(Inode& inode);

  Mount mount_;
  NotedErrSeq errors_;
  Statistics statistics_;
  vfs::Caller caller_;
  std::map<std::uint64_t, Node> nodes_;
  std::optional<ThrottleAndFlusher> throttle_;
};

}  // namespace quire::ref::xfs
