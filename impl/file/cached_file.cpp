#include "impl/file/cached_file.h"

#include "impl/cache/folio_use.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

namespace quire::impl {

int CachedFile::read_or_zero(Folio& folio, std::size_t first, std::size_t end) try {
  if (folio.uptodate.count(first, end) == end - first) return 0;
  std::vector<iovec> segments;
  std::vector<std::uint64_t> device_pos;  // of each segment
  {
    const Lock lock(space_.mutex());
    const std::uint64_t base = folio.pos() / folio.block_size();
    const std::uint64_t size = size_.get();
    const std::uint64_t size_end =
        folio.pos() < size ? folio.block_after(std::min(size, folio.end())) : 0;
    for (std::size_t block = first; block < end;) {
      const std::size_t run_end = folio.uptodate.run_end(block, end);
      while (block < run_end && !folio.uptodate.test(block)) {
        const FileSpace::Run run = space_.run_at(base + block, run_end - block);
        const std::size_t past = block + run.length;
        // Blocks at or past the size are zero whatever the device holds.
        const std::size_t read_end =
            run.mapped ? std::clamp<std::size_t>(size_end, block, past) : block;
        if (read_end > block) {
          segments.push_back(
              {folio.at(folio.block_pos(block)), (read_end - block) * folio.block_size()});
          device_pos.push_back(run.device_block * folio.block_size());
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
      runs.push_back({device_pos[i], std::span(&segments[i], 1)});
    }
    if (const int error = volume_.device.read(runs); error != 0) return error;
  }
  folio.uptodate.set(first, end);
  return 0;
} catch (const std::bad_alloc&) {
  return -ENOMEM;  // not thrown on: the caller has the folio locked and blocks reserved for it
}

void CachedFile::read_or_zero(std::uint64_t pos, std::uint64_t end) {
  for (;;) {
    // Read once: no lock keeps a truncate out, and the size may fall below `pos` at any time.
    const std::uint64_t stop = std::min(end, size_.get());
    if (pos >= stop) return;
    const FolioPtr folio = folios_.find_or_make_locked(pos, stop - pos);
    if (folio == nullptr) return;
    folio->assert_locked();
    const FolioGuard folio_lock(*folio, std::adopt_lock);
    const std::uint64_t piece_end = std::min(stop, folio->end());
    if (read_or_zero(*folio, folio->block_of(pos), folio->block_after(piece_end)) != 0) return;
    pos = piece_end;
  }
}

std::uint64_t CachedFile::blocks_to_reserve(
    const Folio& folio, std::uint64_t pos, std::uint64_t end) {
  if (pos == end) return 0;
  const std::size_t last = folio.block_after(end);
  std::size_t block = folio.block_of(pos);
  if (folio.dirty.count(block, last) == last - block) return 0;
  const std::uint64_t base = folio.pos() / folio.block_size();
  std::uint64_t n = 0;
  const Lock lock(space_.mutex());
  while (block < last) {
    const std::size_t run_end = folio.dirty.run_end(block, last);
    if (!folio.dirty.test(block)) n += space_.holes(base + block, base + run_end);
    block = run_end;
  }
  return n;
}

void CachedFile::mark_dirty(Folio& folio, std::size_t first, std::size_t end) {
  note_use(folio);
  const std::size_t before = folio.dirty.count();
  folio.dirty.set(first, end);
  volume_.dirty.add(dirty_, (folio.dirty.count() - before) * folio.block_size());
}

int CachedFile::zero_tail(std::uint64_t pos) {
  if (pos % volume_.block_size == 0) return 0;
  const bool mapped = space_.device_block_of(pos / volume_.block_size).has_value();
  FolioPtr folio;
  if (mapped) {
    folio = folios_.find_or_make_locked(pos, 1);
    if (folio == nullptr) return -ENOMEM;
    folio->assert_locked();
  } else {
    folio = folios_.find(pos);
    if (folio == nullptr) return 0;  // a hole that is not cached is zero
    folio->lock();
  }
  const FolioGuard folio_lock(*folio, std::adopt_lock);
  const std::size_t block = folio->block_of(pos);
  if (mapped) {
    if (const int error = read_or_zero(*folio, block, block + 1); error != 0) return error;
  }
  if (!folio->dropped && folio->uptodate.test(block)) {
    std::memset(folio->at(pos), 0, folio->block_pos(block + 1) - pos);
    if (mapped) mark_dirty(*folio, block, block + 1);
  }
  return 0;
}

int CachedFile::zero_stale_tail() {
  // Cleared first: a pass of writeback that fails meanwhile notes it again.
  if (!stale_tail_.exchange(false)) return 0;
  const int error = zero_tail(size_.get());
  if (error != 0) note_stale_tail();
  return error;
}

void CachedFile::drop_past(std::uint64_t pos) {
  FolioPtr folio;
  for (std::uint64_t at = pos; (folio = folios_.first_from(at)) != nullptr; at = folio->end()) {
    const FolioGuard folio_lock(*folio);
    if (folio->dropped) continue;
    const std::size_t blocks = folio->dirty.size();
    const std::size_t first = folio->pos() >= pos ? 0 : folio->block_after(pos);
    const std::size_t dirty_before = folio->dirty.count();
    const std::uint64_t reserved = reserved_blocks(*folio, first);
    folio->dirty.clear(first, blocks);
    folio->uptodate.clear(first, blocks);
    count_clean((dirty_before - folio->dirty.count()) * folio->block_size());
    space_.unreserve(reserved);
    if (folio->pos() >= pos) folios_.remove(*folio);
  }
}

std::uint64_t CachedFile::reserved_blocks(const Folio& folio, std::size_t first) {
  const std::uint64_t base = folio.pos() / folio.block_size();
  const std::size_t blocks = folio.dirty.size();
  std::uint64_t reserved = 0;
  const Lock lock(space_.mutex());
  for (std::size_t block = first; block < blocks;) {
    const std::size_t run_end = folio.dirty.run_end(block, blocks);
    if (folio.dirty.test(block)) reserved += space_.holes(base + block, base + run_end);
    block = run_end;
  }
  return reserved;
}

void CachedFile::drop_clean() {
  FolioPtr folio;
  for (std::uint64_t pos = 0; (folio = folios_.first_from(pos)) != nullptr; pos = folio->end()) {
    if (!folio->try_lock()) continue;
    const FolioGuard folio_lock(*folio, std::adopt_lock);
    if (!folio->dropped && folio->dirty.none()) folios_.remove(*folio);
  }
}

}  // namespace quire::impl
