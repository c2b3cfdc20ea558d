#include "impl/file/inode.h"

#include "impl/cache/folio_use.h"
#include "impl/file/watched_hooks.h"
#include "impl/file/write_hooks.h"
#include "impl/file/write_loop.h"
#include "impl/record.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>

namespace quire::impl {

std::int64_t Inode::write(IovIter& from, std::uint64_t& pos) {
  const Lock lock(iolock_);
  if (pos > size()) {
    if (const int error = cached_.zero_stale_tail(); error != 0) return error;
  }
  FileHooks hooks({volume_, iolock_, size_, cached_, space_}, from);
  spec::LoopState<std::uint64_t> last{};
  spec::LoopCall<std::uint64_t> call{pos, from.left(), last, 0, 0, 0};
  call.result = run_watched(
      hooks, [&](auto& watched) { return perform_write<std::uint64_t>(last, watched, pos); });
  if (!spec::is_error(call.result)) pos += call.result;
  record([&](auto& r) {
    call.last = last;
    call.left = from.left();
    call.position = pos;
    r.loop_call(call);
  });
  return static_cast<std::int64_t>(call.result);
}

std::int64_t Inode::read(IovIter& to, std::uint64_t& pos) {
  const std::uint64_t start = pos;
  const std::uint64_t end = pos + to.left();
  int error = 0;
  {
    const SharedLock lock(iolock_);
    error = read_locked(to, pos, end, OnStale::stop);
  }
  if (error == kStale) {
    // The device is read with the iolock released, so that a writer need not wait for it. Then all
    // is copied under one hold of the lock, as one step: that reads anew what was dropped
    // meanwhile, and returns the error of a block that cannot be read.
    cached_.read_or_zero(pos, end);
    to.revert(pos - start);
    pos = start;
    const SharedLock lock(iolock_);
    error = read_locked(to, pos, end, OnStale::read);
  }
  return pos > start ? static_cast<std::int64_t>(pos - start) : error;
}

int Inode::read_locked(IovIter& to, std::uint64_t& pos, std::uint64_t end, OnStale on_stale) {
  end = std::min(end, size());
  PageCache& folios = cached_.folios();
  while (pos < end) {
    const FolioPtr folio = on_stale == OnStale::stop ? folios.find_locked(pos)
                                                     : folios.find_or_make_locked(pos, end - pos);
    if (folio == nullptr) return on_stale == OnStale::stop ? kStale : -ENOMEM;
    folio->assert_locked();
    const std::uint64_t piece = std::min(end, folio->end()) - pos;
    {
      const FolioGuard folio_lock(*folio, std::adopt_lock);
      note_use(*folio);
      const std::size_t first = folio->block_of(pos), last = folio->block_after(pos + piece);
      if (on_stale == OnStale::read) {
        if (const int error = cached_.read_or_zero(*folio, first, last); error != 0) return error;
      } else if (folio->uptodate.count(first, last) != last - first) {
        return kStale;
      }
    }
    // The iolock keeps writers out and the pointer keeps the memory: no folio lock is needed while
    // the thread waits for a page of the caller's, and none may be held (LK-4).
    const MemoryWait wait;
    const std::uint64_t copied = to.copy_from_folio(folio->at(pos), piece);
    pos += copied;
    if (copied < piece) return -EFAULT;
  }
  return 0;
}

int Inode::fsync(ErrSeq::Cursor& since) {
  const Writeback::Outcome written = writeback_.write_back();
  const int missed = writeback_.flush(since);
  return missed != 0 ? missed : written.error;
}

int Inode::truncate(std::uint64_t length) {
  // No writer comes in from here on; but readers do, while this waits for a pass of writeback.
  const IntentLock intent(iolock_);
  for (;;) {
    { const Lock pass(writeback_.mutex()); }
    const ExcludeReaders exclude(iolock_);
    if (!writeback_.mutex().try_lock()) continue;  // another pass has begun
    const Lock writeback(writeback_.mutex(), std::adopt_lock);
    return truncate_locked(length);
  }
}

int Inode::truncate_locked(std::uint64_t length) try {
  if (length >= size()) {
    if (length > size()) {
      if (const int error = cached_.zero_stale_tail(); error != 0) return error;
    }
    size_.set(length);
    return 0;
  }
  // All that can fail comes first.
  space_.prepare_truncate();
  if (const int error = cached_.zero_tail(length); error != 0) return error;
  size_.set(length);
  cached_.drop_past(length);
  space_.truncate(spec::round_up(length, volume_.block_size) / volume_.block_size);
  return 0;
} catch (const std::bad_alloc&) {
  return -ENOMEM;
}

void Inode::drop_cache() {
  const Lock lock(writeback_.mutex());
  cached_.drop_clean();
}

}  // namespace quire::impl
