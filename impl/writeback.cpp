// Writeback: from dirty blocks to as few device writes as their places allow.
#include "impl/inode.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace quire::impl {
namespace {

/// Consecutive dirty blocks of one folio with consecutive places on the device.
struct Piece {
  FolioPtr folio;
  std::size_t first, end;  // blocks of the folio
  std::uint64_t device_pos;
  bool fresh;  // the blocks had no place before this pass
  std::uint64_t bytes() const { return (end - first) * folio->block_size(); }
};

/// Merges pieces that are neighbours on the device into one run each, and writes them all.
int write_pieces(BlockDevice& device, std::vector<Piece>& pieces) {
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return a.device_pos < b.device_pos;
  });
  std::vector<iovec> segments;
  segments.reserve(pieces.size());  // the runs point into it
  std::vector<DeviceRun> runs;
  std::uint64_t run_end = 0;
  for (const Piece& piece : pieces) {
    segments.push_back({piece.folio->at(piece.folio->block_pos(piece.first)), piece.bytes()});
    if (!runs.empty() && run_end == piece.device_pos) {
      DeviceRun& run = runs.back();
      run.segments = {run.segments.data(), run.segments.size() + 1};
    } else {
      runs.push_back({piece.device_pos, std::span(&segments.back(), 1)});
    }
    run_end = piece.device_pos + piece.bytes();
  }
  return runs.empty() ? 0 : device.write(runs);
}

}  // namespace

void Inode::give_up_places(const FolioPtr& folio, std::size_t first, std::size_t end) {
  const std::uint64_t base = folio->pos() / folio->block_size();
  const FolioGuard folio_lock(*folio);
  while (first < end) {
    const std::size_t run_end = folio->dirty.run_end(first, end);
    if (!folio->dirty.test(first)) {
      std::vector<Extent> freed;
      {
        const Lock lock(map_lock_);
        freed = block_map_.unmap(base + first, base + run_end);
      }
      for (const Extent& extent : freed) volume_.space.free(extent);
    }
    first = run_end;
  }
}

int Inode::write_back() {
  std::vector<Piece> pieces;
  int error = 0;
  std::uint64_t goal = 0;
  // What failed on the way stays uptodate and clean: the error is its only trace (WBK-3).
  const auto note = [&](int e) {
    if (e != 0) errors_.set(e);
    if (error == 0) error = e;
  };

  // Gives the blocks [block, end) of a folio their places. Returns the first that could not have
  // one.
  const auto place = [&](const FolioPtr& folio, std::size_t block, std::size_t end) {
    const Lock lock(map_lock_);
    const std::uint64_t base = folio->pos() / folio->block_size();
    while (block < end) {
      BlockMap::Run run = block_map_.run_at(base + block, end - block);
      const bool fresh = !run.mapped;
      if (fresh) {
        const auto extent = volume_.space.allocate(run.length, goal);
        if (!extent) break;
        block_map_.map(base + block, *extent);
        run = {true, extent->start, extent->length};
      }
      const std::size_t run_end = block + run.length;
      pieces.push_back({folio, block, run_end, run.device_block * folio->block_size(), fresh});
      goal = run.device_block + run.length;
      block = run_end;
    }
    return block;
  };

  try {
    for (const FolioPtr& folio : cache_.folios_from(0)) {
      // Unlocked over the I/O: whoever writes to it meanwhile makes it dirty again.
      const FolioGuard folio_lock(*folio);
      const std::uint64_t size = this->size();
      if (size > folio->pos() && size < folio->end()) {
        const std::size_t cut = folio->block_after(size);
        std::memset(folio->at(size), 0, folio->block_pos(cut) - size);  // 3.7
      }
      const std::size_t blocks = folio->dirty.size();
      for (std::size_t block = 0; block < blocks && !folio->dirty.none();) {
        const std::size_t run_end = folio->dirty.run_end(block, blocks);
        if (folio->dirty.test(block)) {
          const std::size_t placed = place(folio, block, run_end);
          folio->dirty.clear(block, placed);
          volume_.dirty_bytes.fetch_sub(
              (placed - block) * folio->block_size(), std::memory_order_relaxed);
          if (placed < run_end) note(-ENOSPC);
        }
        block = run_end;
      }
    }
    if (write_pieces(*volume_.device, pieces) != 0) {
      // Once more, one by one, to learn which cannot be written. A place that nothing has reached
      // holds old garbage: its blocks become holes again, or it could be read (O3).
      for (Piece& piece : pieces) {
        std::vector<Piece> alone{piece};
        const int failed = write_pieces(*volume_.device, alone);
        note(failed);
        if (failed != 0 && piece.fresh) give_up_places(piece.folio, piece.first, piece.end);
      }
    }
  } catch (const std::bad_alloc&) {
    for (const Piece& piece : pieces) {
      const FolioGuard folio_lock(*piece.folio);
      mark_dirty(*piece.folio, piece.first, piece.end);
    }
    note(-ENOMEM);
  }
  return error;
}

}  // namespace quire::impl
