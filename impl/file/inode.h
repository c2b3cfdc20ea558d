// One file: its folios, its blocks, its size, and what can be done with it.
#pragma once

#include "impl/cache/page_cache.h"
#include "impl/device/guarded_device.h"
#include "impl/file/dirty_files.h"
#include "impl/file/errseq.h"
#include "impl/file/flusher.h"
#include "impl/file/write_batch.h"
#include "impl/locks/locks.h"
#include "impl/space/block_map.h"
#include "impl/space/space.h"
#include "impl/user_memory/iov_iter.h"

#include <atomic>
#include <cstdint>
#include <memory_resource>
#include <optional>

namespace quire::impl {

/// What the files of one volume share.
struct VolumeState {
  VolumeState(
      std::shared_ptr<BlockDevice> on, std::uint64_t blocks, std::uint64_t bytes_per_block,
      std::uint64_t most_dirty, std::pmr::memory_resource& from)
      : device(std::move(on)),
        block_size(bytes_per_block),
        dirty_max(most_dirty),
        memory(from),
        space(blocks, bytes_per_block) {}

  GuardedDevice device;
  Flusher flusher{device};
  const std::uint64_t block_size;
  const std::uint64_t dirty_max;  ///< bytes; a writer that finds more dirty writes back first
  std::pmr::memory_resource& memory;
  Space space;
  DirtyFiles dirty;
};

/// The outcome of a pass of writeback.
struct Writeback {
  int error = 0;              ///< the first error, or 0
  std::uint64_t cleaned = 0;  ///< bytes that are not dirty any more
};

/// Writes files back, those first that have been dirty for longest, until three quarters of the
/// volume's dirty_max are dirty at most. Stops after as many bytes as were dirty at first, and
/// after a pass that could clean nothing. Returns the bytes cleaned.
std::uint64_t write_back_excess(VolumeState& volume);

/// Any thread may call. Results are counts or negative errnos. Between calls each dirty block that
/// has no place on the device holds one reserved block, and nothing else holds one (DA-1, ACC-1).
class Inode {
 public:
  explicit Inode(VolumeState& volume) : volume_(volume), cache_(volume.block_size, volume.memory) {}
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;

  /// Writes what `from` holds at `pos`, and moves `pos` by what was accepted. from.left() > 0 and
  /// pos + from.left() <= kFileSizeMax.
  std::int64_t write(IovIter& from, std::uint64_t& pos) QUIRE_EXCLUDES(iolock_);
  /// Reads at `pos` as much as `to` takes and the file has, and moves `pos`.
  std::int64_t read(IovIter& to, std::uint64_t& pos) QUIRE_EXCLUDES(iolock_);
  /// told: of the handle that asks. 0, or the last error that a pass or a flush met since the
  /// handle was told, or -ENOMEM of this pass.
  int fsync(ErrSeq::Cursor& told) QUIRE_EXCLUDES(writeback_lock_);
  /// An error changes nothing.
  int truncate(std::uint64_t length) QUIRE_EXCLUDES(iolock_, writeback_lock_);
  /// Writes every block back that is dirty now. Blocks that the device has no memory for (-ENOMEM)
  /// stay dirty; any other error costs the data, and is kept for the handles' fsync.
  Writeback write_back() QUIRE_EXCLUDES(writeback_lock_);
  void drop_cache() QUIRE_EXCLUDES(writeback_lock_);

  /// Where a handle that is opened now stands among the errors of writeback.
  ErrSeq::Cursor open_errors() const { return errors_.open(); }

  std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  /// Device block of a file block, where it has one.
  std::optional<std::uint64_t> map(std::uint64_t file_block) QUIRE_EXCLUDES(map_lock_);

 private:
  friend class FileHooks;

  /// Makes the stale blocks among [first, end) of a locked folio uptodate: reads those on the
  /// device, zeroes holes and what lies past the size. 0 or a negative errno, and then nothing has
  /// changed.
  int fill(Folio& folio, std::size_t first, std::size_t end) QUIRE_REQUIRES(folio.mutex())
      QUIRE_EXCLUDES(map_lock_);
  /// How many blocks of a locked folio's range [pos, end) need a reservation before they may be
  /// dirty.
  std::uint64_t unbacked(const Folio& folio, std::uint64_t pos, std::uint64_t end)
      QUIRE_REQUIRES(folio.mutex()) QUIRE_EXCLUDES(map_lock_);
  /// Marks blocks of a locked folio dirty.
  void mark_dirty(Folio& folio, std::size_t first, std::size_t end) QUIRE_REQUIRES(folio.mutex());
  /// Copies [pos, end) out, as far as the file goes, and moves `pos`. 0 or a negative errno.
  /// on_stale: whether a block that is not uptodate is filled, or ends it with kStale.
  enum class OnStale { stop, fill };
  int read_locked(IovIter& to, std::uint64_t& pos, std::uint64_t end, OnStale on_stale)
      QUIRE_REQUIRES_SHARED(iolock_);
  static constexpr int kStale = 1;
  /// Makes the blocks of [pos, end) uptodate, as far as the file goes, up to the first error.
  void fill_range(std::uint64_t pos, std::uint64_t end);
  int truncate_locked(std::uint64_t length) QUIRE_REQUIRES(iolock_, writeback_lock_);
  /// Zeroes the tail of the block that a shrinking truncate cuts.
  int zero_tail(std::uint64_t length) QUIRE_REQUIRES(iolock_, writeback_lock_);
  /// Drops from the cache, and gives back the reservations of, what lies past `length`.
  void drop_past(std::uint64_t length) QUIRE_REQUIRES(iolock_, writeback_lock_);
  /// How many blocks of a locked folio, from block `first` on, hold a reservation.
  std::uint64_t reserved_for(const Folio& folio, std::size_t first) QUIRE_REQUIRES(folio.mutex())
      QUIRE_EXCLUDES(map_lock_);
  /// Adds the dirty blocks of a folio to a batch, from `block` on, until it is full. Returns the
  /// block to go on with, or the number of the folio's blocks.
  std::uint64_t collect(
      const FolioPtr& folio, std::uint64_t block, WriteBatch& batch, Writeback& outcome)
      QUIRE_REQUIRES(writeback_lock_) QUIRE_EXCLUDES(map_lock_);
  /// Writes a batch, and empties it.
  void submit(WriteBatch& batch, Writeback& outcome) QUIRE_REQUIRES(writeback_lock_)
      QUIRE_EXCLUDES(map_lock_);
  /// Deals with a piece that has not arrived.
  void complete_failed(const Piece& piece) QUIRE_REQUIRES(writeback_lock_)
      QUIRE_EXCLUDES(map_lock_);

  VolumeState& volume_;
  // Named to each other too, which clang's analysis needs where a function is called with one held.
  QUIRE_LOCK(SharedMutex, Iolock) iolock_ QUIRE_ACQUIRED_BEFORE(writeback_lock_);
  QUIRE_LOCK(Mutex, WritebackLock) writeback_lock_ QUIRE_ACQUIRED_BEFORE(map_lock_);
  QUIRE_LOCK(Mutex, BlockMapLock) map_lock_;
  PageCache cache_;
  BlockMap block_map_ QUIRE_GUARDED_BY(map_lock_);
  RoomAhead room_ahead_;  // guarded by the lock of volume_.space
  std::atomic<std::uint64_t> size_{
      0};          // written under the iolock, and a folio's lock when it grows
  ErrSeq errors_;  // of writeback
  DirtyFile dirty_{*this};
  UnflushedFile unflushed_{errors_};
};

}  // namespace quire::impl
