// One file: its locks, its size, and the order in which a call uses its parts.
#pragma once

#include "impl/file/cached_file.h"
#include "impl/file/dirty_files.h"
#include "impl/file/errseq.h"
#include "impl/file/file_size.h"
#include "impl/file/volume_state.h"
#include "impl/file/writeback.h"
#include "impl/locks/locks.h"
#include "impl/space/file_space.h"
#include "impl/user_memory/iov_iter.h"

#include <cstdint>
#include <optional>

namespace quire::impl {

/// Any thread may call. Results are counts or negative errnos.
class Inode {
 public:
  explicit Inode(VolumeState& volume)
      : space_(volume.space),
        cached_(volume, space_, size_, dirty_),
        writeback_(volume, cached_, space_, size_),
        volume_(volume) {}
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;

  /// Writes the bytes of `from` at `pos`, and moves `pos` by those accepted. from.left() > 0 and
  /// pos + from.left() <= kFileSizeMax.
  std::int64_t write(IovIter& from, std::uint64_t& pos) QUIRE_EXCLUDES(iolock_);
  /// Reads at `pos` as much as `to` takes and the file has, and moves `pos`.
  std::int64_t read(IovIter& to, std::uint64_t& pos) QUIRE_EXCLUDES(iolock_);
  /// Writes back and flushes. Returns 0, or the last error that a pass or a flush met since
  /// `since`, which belongs to the handle that calls, or -ENOMEM of this pass.
  int fsync(ErrSeq::Cursor& since) QUIRE_EXCLUDES(writeback_.mutex());
  /// An error changes nothing.
  int truncate(std::uint64_t length) QUIRE_EXCLUDES(iolock_, writeback_.mutex());
  void drop_cache() QUIRE_EXCLUDES(writeback_.mutex());

  /// For a handle that is opened now: the errors of writeback that it need not report.
  ErrSeq::Cursor open_errors() const { return writeback_.open_errors(); }

  std::uint64_t size() const { return size_.get(); }
  /// Device block of a file block, where it has one.
  std::optional<std::uint64_t> device_block_of(std::uint64_t file_block) {
    return space_.device_block_of(file_block);
  }

 private:
  friend struct Innards;

  /// Copies [pos, end) out, as far as the file goes, and moves `pos`. 0 or a negative errno.
  /// on_stale: whether a block that is not uptodate is read, or ends the copy with kStale.
  enum class OnStale { stop, read };
  int read_locked(IovIter& to, std::uint64_t& pos, std::uint64_t end, OnStale on_stale)
      QUIRE_REQUIRES_SHARED(iolock_);
  static constexpr int kStale = 1;
  int truncate_locked(std::uint64_t length) QUIRE_REQUIRES(iolock_, writeback_.mutex());

  FileSize size_;
  // The lock below it is named too: clang's analysis needs that where a function is called with one
  // of the two held.
  QUIRE_LOCK(SharedMutex, Iolock) iolock_ QUIRE_ACQUIRED_BEFORE(writeback_.mutex());
  FileSpace space_;
  DirtyFile dirty_{writeback_};
  CachedFile cached_;
  Writeback writeback_;
  VolumeState& volume_;
};

}  // namespace quire::impl
