// The dirty files of a volume, and how many bytes of each are dirty.
#pragma once

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace quire::impl {

class Writeback;

/// A file's entry in the list of the dirty files of its volume.
struct DirtyFile
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  explicit DirtyFile(Writeback& of_file) : writeback(of_file) {}

  Writeback& writeback;
  std::atomic<std::uint64_t> bytes{0};
};

/// The dirty files of one volume, in the order in which they turned dirty. Any thread may call; the
/// lock of the list is a leaf.
class DirtyFiles {
 public:
  /// Bytes that are dirty in all files.
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  void add(DirtyFile& file, std::uint64_t bytes) {
    if (bytes == 0) return;
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (file.bytes.fetch_add(bytes) == 0) relist(file);
  }
  void subtract(DirtyFile& file, std::uint64_t bytes) {
    if (bytes == 0) return;
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    if (file.bytes.fetch_sub(bytes) == bytes) relist(file);
  }

  /// Writes back the file that has been dirty for longest; null if none is dirty.
  Writeback* oldest() {
    const std::lock_guard lock(lock_);
    return files_.empty() ? nullptr : &files_.front().writeback;
  }

 private:
  friend struct Innards;

  /// Brings the list in line with the file's count, which another thread may have changed again.
  void relist(DirtyFile& file) {
    const std::lock_guard lock(lock_);
    const bool dirty = file.bytes.load() != 0;
    if (dirty && !file.is_linked()) files_.push_back(file);
    if (!dirty && file.is_linked()) file.unlink();
  }

  std::atomic<std::uint64_t> bytes_{0};
  std::mutex lock_;
  /// Guarded by lock_.
  boost::intrusive::list<DirtyFile, boost::intrusive::constant_time_size<false>> files_;
};

}  // namespace quire::impl
