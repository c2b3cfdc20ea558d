// Writeback: from dirty blocks to as few device writes as their places allow.
#include "impl/collect.h"
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

/// Device writes that grow piece by piece. Neighbours on the device are one write.
struct Writes {
  explicit Writes(std::size_t pieces) { segments.reserve(pieces); }  // the runs point into it

  bool empty() const { return runs.empty(); }
  void lengthen(const Piece& piece) {
    add_segment(piece);
    DeviceRun& run = runs.back();
    run.segments = {run.segments.data(), run.segments.size() + 1};
  }
  void begin(const Piece& piece) {
    add_segment(piece);
    runs.push_back({piece.device_pos, std::span(&segments.back(), 1)});
  }

  std::vector<iovec> segments;
  std::vector<DeviceRun> runs;

 private:
  void add_segment(const Piece& piece) {
    segments.push_back({piece.folio->at(piece.folio->block_pos(piece.first)), piece.bytes()});
  }
};

int write_pieces(BlockDevice& device, std::vector<Piece>& pieces) {
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return a.device_pos < b.device_pos;
  });
  Writes writes(pieces.size());
  std::uint64_t last_end = 0;
  for (const Piece& piece : pieces) add_to_writes(writes, last_end, piece);
  if (writes.empty()) return 0;
  std::vector<int> results(writes.runs.size());
  device.write(writes.runs, results);
  for (const int error : results) {
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

void Inode::give_up_places(const FolioPtr& folio, std::size_t first, std::size_t end) {
  struct Hooks {
    Inode& inode;
    Folio& folio;

    // Each is called with the folio locked, which clang's analysis does not see in here.
    bool dirty(std::uint64_t block) const {
      folio.assert_locked();
      return folio.dirty.test(block);
    }
    std::uint64_t dirty_run_end(std::uint64_t block) const {
      folio.assert_locked();
      return folio.dirty.run_end(block, folio.dirty.size());
    }
    void give_up(std::uint64_t block, std::uint64_t run_end) {
      const std::uint64_t base = folio.pos() / folio.block_size();
      std::vector<Extent> freed;
      {
        const Lock lock(inode.map_lock_);
        freed = inode.block_map_.unmap(base + block, base + run_end);
      }
      for (const Extent& extent : freed) inode.volume_.space.free(extent);
    }
  };
  Hooks hooks{*this, *folio};
  const FolioGuard folio_lock(*folio);
  std::uint64_t block = first;
  while (block < end) block = give_up_some<std::uint64_t>(block, end, hooks);
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

  struct Hooks {
    Inode& inode;
    const FolioPtr& folio;
    std::vector<Piece>& pieces;
    std::uint64_t& goal;
    bool full = false;

    bool dirty(std::uint64_t block) const {
      folio->assert_locked();
      return folio->dirty.test(block);
    }
    std::uint64_t dirty_run_end(std::uint64_t block) const {
      folio->assert_locked();
      return folio->dirty.run_end(block, folio->dirty.size());
    }
    Place<std::uint64_t> place(std::uint64_t block, std::uint64_t most) {
      const Lock lock(inode.map_lock_);
      const std::uint64_t file_block = folio->pos() / folio->block_size() + block;
      const BlockMap::Run run = inode.block_map_.run_at(file_block, most);
      if (run.mapped) return {run.device_block, run.length, false};
      const auto extent = inode.volume_.space.allocate(run.length, goal);
      if (!extent) return {0, 0, true};
      inode.block_map_.map(file_block, *extent);
      return {extent->start, extent->length, true};
    }
    void collect(std::uint64_t block, std::uint64_t end, const Place<std::uint64_t>& place) {
      const std::uint64_t device_pos = place.device_block * folio->block_size();
      pieces.push_back({folio, block, end, device_pos, place.fresh});
      goal = place.device_block + place.length;
    }
    void clean(std::uint64_t block, std::uint64_t end) {
      folio->assert_locked();
      folio->dirty.clear(block, end);
    }
    std::uint64_t block_shift() const { return folio->block_shift(); }
    void count_down(std::uint64_t bytes) {
      inode.volume_.dirty_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    }
    void out_of_space() { full = true; }
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
      Hooks hooks{*this, folio, pieces, goal};
      const std::uint64_t blocks = folio->dirty.size();
      for (std::uint64_t block = 0; block < blocks && !folio->dirty.none();) {
        block = collect_some<std::uint64_t>(block, hooks);
      }
      if (hooks.full) note(-ENOSPC);
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
