// An F2FS volume: numbered files on one device.
#pragma once

#include "ref/device/device.h"
#include "ref/linux/f2fs/file.h"
#include "ref/linux/f2fs/inode.h"
#include "spec/recorder.h"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>

namespace quire::ref::f2fs {

struct VolumeOptions {
  /// Where cached bytes and address tables live; it may throw std::bad_alloc, which a call answers
  /// with ENOMEM.
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();
  /// Receives each step; may be null.
  spec::Recorder* recorder = nullptr;
  /// Addresses in a file's own node block, and in each further one; at least 1.
  std::uint64_t inode_addresses = 923;
  std::uint64_t dnode_addresses = 1018;
  /// The block of the main area that is allocated first; at least 1.
  std::uint64_t first_block = 1;
};

/// How a file is made when it is first opened.
struct FileOptions {
  std::uint64_t owner = 0;
  bool inline_data = false;  ///< small contents are kept in the inode
  bool compressed = false;   ///< whole clusters are stored compressed
};

/// The main area is every block of 4096 bytes of the device but the first. Nodes and accounts live
/// in memory; a node block is counted and takes no place. The former contents of the device are
/// never read. One thread at a time uses a volume and all of its files. The device, memory and
/// recorder must outlive it.
class Volume {
 public:
  /// An empty volume. Error: a sentence, when the device's sectors are larger than a block or it
  /// has fewer than 32 blocks ("too small").
  static std::expected<std::unique_ptr<Volume>, std::string> make(
      Device& device, const VolumeOptions& options);

  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  /// A new handle on file `number`; a number never seen is an empty file, made as `options` say.
  /// Blocks that a preallocation left before a crash are cut (F2-1). flags: 0, or O_APPEND
  /// (every write of the handle goes to the end), O_DSYNC and O_SYNC (it ends with fsync()).
  File open(std::uint64_t number, const FileOptions& options = {}, int flags = 0);

  /// The process that all handles work for. The calls here obey its limit on sizes, and count its
  /// signal instead of sending it.
  vfs::Caller& caller() { return superblock_.caller; }

  /// Writes every dirty page of every file to the device, and makes a checkpoint if no write
  /// failed. Reports no error: fsync and syncfs do (ES-6; sync(2)).
  void sync();

  /// The same, but returns 0 or an error of any file, each once for a handle (syncfs(2)). file: a
  /// handle on this volume. EBADF: it is closed; EIO: a checkpoint fails, or failed before.
  int syncfs(File& file);

  /// Blocks that an owner's files may have; what they have beyond it stays.
  void set_quota(std::uint64_t owner, std::uint64_t blocks);

  /// File `number` as the last checkpoint keeps it; null if that has no such file. The next
  /// checkpoint changes it.
  const Node* kept(std::uint64_t number) const;

  /// Keeps all files as they are: 0, or EIO (negative).
  int checkpoint();

  /// Until they are enabled again no checkpoint is made and no block becomes free. Everything dirty
  /// is written and kept first: 0, or the first error (negative), and nothing is disabled.
  int disable_checkpoints();
  void enable_checkpoints();

  /// As after a checkpoint that failed: every write, fsync and truncate answers EIO.
  void stop_checkpoints() { superblock_.cp_error = true; }

  /// The machine stops; what the last checkpoint kept is there again. Handles stay open.
  void crash();

  /// Called where a writer waits for free space: what others do meanwhile. May be empty.
  void on_balance(std::function<void()> others) { superblock_.balanced = std::move(others); }

  /// Blocks: counted; the most that may be; of the whole main area; of that, free to be written.
  std::uint64_t valid_blocks() const { return superblock_.valid; }
  std::uint64_t user_blocks() const { return superblock_.user_blocks; }
  std::uint64_t main_blocks() const { return superblock_.area.blocks(); }
  std::uint64_t free_main_blocks() const { return superblock_.area.free_blocks(); }
  std::uint64_t quota_used(std::uint64_t owner) const;

  /// For an audit: the state that the files share, and the files.
  const Superblock& superblock() const { return superblock_; }

 private:
  Volume(Device& device, const VolumeOptions& options);

  /// Writes every file back. Returns 0 or the first error (negative).
  int write_back_all();

  Superblock superblock_;
};

}  // namespace quire::ref::f2fs
