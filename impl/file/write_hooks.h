// The hooks that the write loop of libquire runs on: real folios, real space, the caller's memory.
#pragma once

#include "impl/file/cached_file.h"
#include "impl/file/file_size.h"
#include "impl/file/volume_state.h"
#include "impl/locks/locks.h"
#include "impl/space/file_space.h"
#include "impl/user_memory/iov_iter.h"
#include "spec/hooks.h"

#include <cstddef>
#include <cstdint>

namespace quire::impl {

/// One folio of a batch: locked from write_begin to write_end.
struct BatchFolio : spec::Begun<std::uint64_t> {
  FolioPtr folio;
  bool uptodate = false;       ///< whether the blocks of the range are all uptodate, or all stale
  std::uint64_t reserved = 0;  ///< blocks reserved for the range by this write_begin
  std::uint64_t length = 0;    ///< bytes prepared
  bool ends_batch = false;     ///< the write goes on in this folio, which one batch locks once
};

/// The file that a call writes to. The caller holds the iolock.
struct WrittenFile {
  VolumeState& volume;
  SharedMutex<spec::Iolock>& iolock;
  FileSize& size;
  CachedFile& cached;
  FileSpace& space;
};

/// For one call of Inode::write.
class FileHooks {
 public:
  using Folio = BatchFolio;
  using Number = std::uint64_t;
  /// The most folios that a batch locks. A window of 2 MiB seldom holds more, and a write that
  /// meets more goes on with the next batch.
  static constexpr std::size_t kBatchFolios = 16;

  FileHooks(const WrittenFile& file, IovIter& from) : file_(file), from_(from) {}

  spec::IterState<Number> iter() const {
    return kRecorded ? from_.state() : spec::IterState<Number>{from_.left(), from_.consumed(), 0};
  }
  void throttle() QUIRE_NO_THREAD_SAFETY_ANALYSIS;  // the caller of the loop holds the iolock
  Number fault_in(Number n) {
    const MemoryWait wait;
    return from_.fault_in(n);
  }
  bool fatal_signal() { return false; }  // a process that is dying runs no more of its code
  BatchFolio write_begin(Number pos, Number want);
  Number copy(BatchFolio& folio, Number pos, Number n) {
    return from_.copy_to_folio(folio.folio->at(pos), n);
  }
  Number write_end(BatchFolio& batch, Number pos, Number length, Number copied);
  void revert(Number n) { from_.revert(n); }
  void attempt_begins(const spec::LoopState<Number>&) {}
  void attempt_ends(const spec::LoopState<Number>&, bool) {}

 private:
  /// Where the blocks of [pos, end) stop being all uptodate or all stale; `uptodate` says which.
  /// A block that the write covers only in part counts as uptodate: write_begin makes it so.
  Number same_state_end(const impl::Folio& folio, Number pos, Number end, bool& uptodate) const
      QUIRE_REQUIRES(folio.mutex());
  /// Reserves, page by page, the blocks that [pos, end) needs. Returns the end of what it reserved.
  Number reserve(const impl::Folio& folio, Number pos, Number end, Number& reserved)
      QUIRE_REQUIRES(folio.mutex());
  /// Makes the blocks that the write covers only in part uptodate.
  int read_or_zero_edges(impl::Folio& folio, Number pos, Number end) QUIRE_REQUIRES(folio.mutex());

  WrittenFile file_;
  IovIter& from_;
};

}  // namespace quire::impl
