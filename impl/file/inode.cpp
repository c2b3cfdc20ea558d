#include "impl/file/inode.h"

#include "impl/file/write_hooks.h"
#include "impl/file/write_loop.h"
#include "spec/tapped.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

namespace quire::impl {

std::int64_t Inode::write(IovIter& from, std::uint64_t& pos) {
  const Lock lock(iolock_);
  FileHooks hooks(*this, from);
  spec::LoopState<std::uint64_t> last{};
  spec::LoopCall<std::uint64_t> call{pos, from.left(), last, 0, 0, 0};
  if (kRecorded && this_thread_recorder != nullptr) {
    RecorderJudge judge{*this_thread_recorder};
    spec::Tapped<std::uint64_t, FileHooks, RecorderJudge> tapped(hooks, judge);
    call.result = perform_write<std::uint64_t>(last, tapped, pos);
  } else {
    call.result = perform_write<std::uint64_t>(last, hooks, pos);
  }
  if (!spec::is_error(call.result)) pos += call.result;
  record([&](spec::Recorder& r) {
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
    // The device is asked with the file unlocked: others need the lock alone. Then all is copied
    // under one hold of it, as one step; that fills what was dropped meanwhile, and meets the error
    // of what could not be filled.
    fill_range(pos, end);
    to.revert(pos - start);
    pos = start;
    const SharedLock lock(iolock_);
    error = read_locked(to, pos, end, OnStale::fill);
  }
  return pos > start ? static_cast<std::int64_t>(pos - start) : error;
}

int Inode::read_locked(IovIter& to, std::uint64_t& pos, std::uint64_t end, OnStale on_stale) {
  end = std::min(end, size());
  while (pos < end) {
    const FolioPtr folio = on_stale == OnStale::stop ? cache_.find_locked(pos)
                                                     : cache_.find_or_make_locked(pos, end - pos);
    if (folio == nullptr) return on_stale == OnStale::stop ? kStale : -ENOMEM;
    folio->assert_locked();
    const std::uint64_t piece = std::min(end, folio->end()) - pos;
    {
      const FolioGuard folio_lock(*folio, std::adopt_lock);
      const std::size_t first = folio->block_of(pos), last = folio->block_after(pos + piece);
      if (on_stale == OnStale::fill) {
        if (const int error = fill(*folio, first, last); error != 0) return error;
      } else if (folio->uptodate.count(first, last) != last - first) {
        return kStale;
      }
    }
    // The iolock keeps writers out and the pointer keeps the memory: no folio lock is needed while
    // a page of the caller's is waited for, and none may be held (LK-4).
    const MemoryWait wait;
    const std::uint64_t copied = to.copy_from_folio(folio->at(pos), piece);
    pos += copied;
    if (copied < piece) return -EFAULT;
  }
  return 0;
}

void Inode::fill_range(std::uint64_t pos, std::uint64_t end) {
  while (pos < std::min(end, size())) {
    const std::uint64_t want = std::min(end, size()) - pos;
    const FolioPtr folio = cache_.find_or_make_locked(pos, want);
    if (folio == nullptr) return;
    folio->assert_locked();
    const FolioGuard folio_lock(*folio, std::adopt_lock);
    const std::uint64_t piece_end = std::min(pos + want, folio->end());
    if (fill(*folio, folio->block_of(pos), folio->block_after(piece_end)) != 0) return;
    pos = piece_end;
  }
}

int Inode::fill(Folio& folio, std::size_t first, std::size_t end) try {
  if (folio.uptodate.count(first, end) == end - first) return 0;
  std::vector<iovec> segments;
  std::vector<std::uint64_t> places;
  {
    const Lock lock(map_lock_);
    const std::uint64_t base = folio.pos() / folio.block_size();
    const std::uint64_t size_end =
        folio.pos() < size() ? folio.block_after(std::min(size(), folio.end())) : 0;
    for (std::size_t block = first; block < end;) {
      const std::size_t run_end = folio.uptodate.run_end(block, end);
      while (block < run_end && !folio.uptodate.test(block)) {
        const BlockMap::Run run = block_map_.run_at(base + block, run_end - block);
        const std::size_t past = block + run.length;
        // Blocks at or past the size are zero whatever the device holds.
        const std::size_t read_end =
            run.mapped ? std::clamp<std::size_t>(size_end, block, past) : block;
        if (read_end > block) {
          segments.push_back(
              {folio.at(folio.block_pos(block)), (read_end - block) * folio.block_size()});
          places.push_back(run.device_block * folio.block_size());
        }
        if (past > read_end) {
          std::memset(
              folio.at(folio.block_pos(read_end)), 0, (past - read_end) * folio.block_size());
        }
        block = past;
      }
      block = std::max(block, run_end);
    }
  }
  if (!segments.empty()) {
    std::vector<DeviceRun> runs;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      runs.push_back({places[i], std::span(&segments[i], 1)});
    }
    if (const int error = volume_.device.read(runs); error != 0) return error;
  }
  folio.uptodate.set(first, end);
  return 0;
} catch (const std::bad_alloc&) {
  return -ENOMEM;  // with the folio locked, and what is reserved for it known to the caller alone
}

std::uint64_t Inode::unbacked(const Folio& folio, std::uint64_t pos, std::uint64_t end) {
  if (pos == end) return 0;
  const std::size_t last = folio.block_after(end);
  std::size_t block = folio.block_of(pos);
  if (folio.dirty.count(block, last) == last - block) return 0;
  const std::uint64_t base = folio.pos() / folio.block_size();
  std::uint64_t n = 0;
  const Lock lock(map_lock_);
  while (block < last) {
    const std::size_t run_end = folio.dirty.run_end(block, last);
    if (!folio.dirty.test(block)) n += block_map_.holes(base + block, base + run_end);
    block = run_end;
  }
  return n;
}

void Inode::mark_dirty(Folio& folio, std::size_t first, std::size_t end) {
  const std::size_t before = folio.dirty.count();
  folio.dirty.set(first, end);
  volume_.dirty.add(dirty_, (folio.dirty.count() - before) * folio.block_size());
}

int Inode::fsync(ErrSeq::Cursor& told) {
  const Writeback written = write_back();
  const int missed = volume_.flusher.flush(unflushed_, told);
  // A lack of memory is nobody's error but this call's: the data is still dirty.
  return missed != 0 ? missed : written.error;
}

int Inode::truncate(std::uint64_t length) {
  // No writer comes in from here on; but readers do, while a pass of writeback is waited for.
  const IntentLock intent(iolock_);
  for (;;) {
    { const Lock pass(writeback_lock_); }
    const ExcludeReaders exclude(iolock_);
    if (!writeback_lock_.try_lock()) continue;  // another pass has begun
    const Lock writeback(writeback_lock_, std::adopt_lock);
    return truncate_locked(length);
  }
}

int Inode::truncate_locked(std::uint64_t length) try {
  if (length >= size()) {
    size_.store(length, std::memory_order_relaxed);
    return 0;
  }
  // All that can fail comes first.
  {
    const Lock lock(map_lock_);
    block_map_.prepare(1);
  }
  if (const int error = zero_tail(length); error != 0) return error;
  size_.store(length, std::memory_order_relaxed);
  drop_past(length);
  const Lock lock(map_lock_);
  block_map_.unmap(
      spec::round_up(length, volume_.block_size) / volume_.block_size, ~std::uint64_t{0},
      [&](const Extent& extent) { volume_.space.free(extent); });
  block_map_.trim();
  return 0;
} catch (const std::bad_alloc&) {
  return -ENOMEM;
}

int Inode::zero_tail(std::uint64_t length) {
  if (length % volume_.block_size == 0) return 0;
  const bool mapped = map(length / volume_.block_size).has_value();
  FolioPtr folio;
  if (mapped) {
    folio = cache_.find_or_make_locked(length, 1);
    if (folio == nullptr) return -ENOMEM;
    folio->assert_locked();
  } else {
    folio = cache_.find(length);
    if (folio == nullptr) return 0;  // a hole that nobody has touched is zero
    folio->lock();
  }
  const FolioGuard folio_lock(*folio, std::adopt_lock);
  const std::size_t block = folio->block_of(length);
  if (mapped) {
    if (const int error = fill(*folio, block, block + 1); error != 0) return error;
  }
  if (!folio->dropped && folio->uptodate.test(block)) {
    std::memset(folio->at(length), 0, folio->block_pos(block + 1) - length);
    if (mapped) mark_dirty(*folio, block, block + 1);
  }
  return 0;
}

void Inode::drop_past(std::uint64_t length) {
  FolioPtr folio;
  for (std::uint64_t pos = length; (folio = cache_.first_from(pos)) != nullptr;
       pos = folio->end()) {
    const FolioGuard folio_lock(*folio);
    if (folio->dropped) continue;
    const std::size_t blocks = folio->dirty.size();
    const std::size_t first = folio->pos() >= length ? 0 : folio->block_after(length);
    const std::size_t dirty_before = folio->dirty.count();
    const std::uint64_t reserved = reserved_for(*folio, first);
    folio->dirty.clear(first, blocks);
    folio->uptodate.clear(first, blocks);
    volume_.dirty.subtract(dirty_, (dirty_before - folio->dirty.count()) * folio->block_size());
    volume_.space.unreserve(reserved);
    if (folio->pos() >= length) cache_.remove(*folio);
  }
}

std::uint64_t Inode::reserved_for(const Folio& folio, std::size_t first) {
  // A block that is dirty and has no place holds a reservation.
  const std::uint64_t base = folio.pos() / folio.block_size();
  const std::size_t blocks = folio.dirty.size();
  std::uint64_t reserved = 0;
  const Lock lock(map_lock_);
  for (std::size_t block = first; block < blocks;) {
    const std::size_t run_end = folio.dirty.run_end(block, blocks);
    if (folio.dirty.test(block)) reserved += block_map_.holes(base + block, base + run_end);
    block = run_end;
  }
  return reserved;
}

void Inode::drop_cache() {
  // Not during writeback: a folio that is on its way must not be read back before it has arrived.
  const Lock lock(writeback_lock_);
  FolioPtr folio;
  for (std::uint64_t pos = 0; (folio = cache_.first_from(pos)) != nullptr; pos = folio->end()) {
    if (!folio->try_lock()) continue;
    const FolioGuard folio_lock(*folio, std::adopt_lock);
    if (!folio->dropped && folio->dirty.none()) cache_.remove(*folio);
  }
}

std::optional<std::uint64_t> Inode::map(std::uint64_t file_block) {
  const Lock lock(map_lock_);
  const BlockMap::Run run = block_map_.run_at(file_block, 1);
  return run.mapped ? std::optional(run.device_block) : std::nullopt;
}

}  // namespace quire::impl
