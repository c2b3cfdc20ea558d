// Writeback of one file: dirty blocks are collected, submitted to the device, and completed.
#pragma once

#include "impl/file/cached_file.h"
#include "impl/file/errseq.h"
#include "impl/file/file_size.h"
#include "impl/file/flusher.h"
#include "impl/file/volume_state.h"
#include "impl/file/writeback_batch.h"
#include "impl/locks/locks.h"
#include "impl/space/file_space.h"

#include <cstdint>

namespace quire::impl {

/// Any thread may call. One pass over a file at a time.
class Writeback {
 public:
  /// The outcome of a pass.
  struct Outcome {
    /// 0, or the first error for which blocks stay dirty (-ENOMEM, -ENOSPC): an error of the call
    /// that made the pass. One that costs data is kept for the handles instead: two threads may
    /// fsync one handle, and only one of them may report it (ES-2).
    int error = 0;
    std::uint64_t cleaned = 0;  ///< bytes that are not dirty any more
  };

  Writeback(VolumeState& volume, CachedFile& cached, FileSpace& space, const FileSize& size)
      : volume_(volume), cached_(cached), space_(space), size_(size) {}
  Writeback(const Writeback&) = delete;
  Writeback& operator=(const Writeback&) = delete;

  /// Held, it keeps passes out.
  using PassLock = Mutex<spec::WritebackLock>;
  PassLock& mutex() QUIRE_RETURN_CAPABILITY(lock_) { return lock_; }

  /// Writes every block back that is dirty now. Blocks that the device has no memory for (-ENOMEM)
  /// stay dirty; any other error costs the data, and is kept for the handles' fsync.
  Outcome write_back() QUIRE_EXCLUDES(lock_);

  /// Flushes the device, if its cache may hold data of the file. Returns the error that writeback
  /// or a flush met since `since`, or 0, and advances `since`: each handle has its own.
  int flush(ErrSeq::Cursor& since) { return volume_.flusher.flush(unflushed_, since); }
  /// For a handle that is opened now.
  ErrSeq::Cursor open_errors() const { return errors_.open(); }

 private:
  friend struct Innards;

  /// Adds the dirty blocks of a folio to a batch, from `block` on, until it is full. Returns the
  /// block to go on with, or the number of the folio's blocks.
  std::uint64_t collect(
      const FolioPtr& folio, std::uint64_t block, WritebackBatch& batch, Outcome& outcome)
      QUIRE_REQUIRES(lock_) QUIRE_EXCLUDES(space_.mutex());
  /// Writes a batch, and empties it.
  void submit(WritebackBatch& batch, Outcome& outcome) QUIRE_REQUIRES(lock_)
      QUIRE_EXCLUDES(space_.mutex());
  /// Deals with a piece that the device has not taken.
  void complete_failed(const Piece& piece) QUIRE_REQUIRES(lock_) QUIRE_EXCLUDES(space_.mutex());

  VolumeState& volume_;
  CachedFile& cached_;
  FileSpace& space_;
  const FileSize& size_;
  QUIRE_LOCK(Mutex, WritebackLock)
  lock_ QUIRE_ACQUIRED_BEFORE(space_.mutex());          // as Inode's iolock
  std::uint64_t pass_end_ QUIRE_GUARDED_BY(lock_) = 0;  // the file's size when the pass began
  ErrSeq errors_;
  UnflushedFile unflushed_{errors_};
};

/// Writes files back, those first that have been dirty for longest, until three quarters of the
/// volume's dirty_max are dirty at most. Stops after as many bytes as were dirty at first, and
/// after a pass that could clean nothing. Returns the bytes cleaned.
std::uint64_t write_back_excess(VolumeState& volume);

}  // namespace quire::impl
