// Writeback: from dirty blocks to as few device writes as their places allow.
#include "impl/file/collect.h"
#include "impl/file/inode.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace quire::impl {
namespace {

constexpr std::uint64_t kBatchPieces = 1024;

/// Keeps the first error of a pass.
void note(Writeback& outcome, int error) {
  if (outcome.error == 0) outcome.error = error;
}

}  // namespace

std::uint64_t write_back_excess(VolumeState& volume) {
  // Others may dirty more meanwhile, and are throttled themselves.
  const std::uint64_t dirty_before = volume.dirty.bytes();
  std::uint64_t cleaned = 0;
  while (volume.dirty.bytes() > volume.dirty_max / 4 * 3 && cleaned < dirty_before) {
    Inode* const file = volume.dirty.oldest();
    if (file == nullptr) break;
    const Writeback outcome = file->write_back();
    if (outcome.cleaned == 0) break;
    cleaned += outcome.cleaned;
  }
  return cleaned;
}

Writeback Inode::write_back() {
  const Lock lock(writeback_lock_);
  Writeback outcome;
  // Blocks that turn dirty behind the pass, or past the end that it saw, are for the next one.
  const std::uint64_t end = size();
  const std::uint64_t dirty_blocks = dirty_.bytes.load() / volume_.block_size;
  if (dirty_blocks == 0) return outcome;
  try {
    WriteBatch batch(std::min(dirty_blocks, kBatchPieces), volume_.device.stable_writes());
    FolioPtr folio;
    for (std::uint64_t pos = 0; pos < end && (folio = cache_.first_from(pos)) != nullptr;
         pos = folio->end()) {
      const std::uint64_t blocks = folio->size() >> folio->block_shift();
      for (std::uint64_t block = 0; block < blocks;) {
        block = collect(folio, block, batch, outcome);
        if (batch.full()) submit(batch, outcome);
      }
    }
    submit(batch, outcome);
  } catch (const std::bad_alloc&) {  // for the batch: nothing has changed
    note(outcome, -ENOMEM);
  }
  return outcome;
}

std::uint64_t Inode::collect(
    const FolioPtr& folio, std::uint64_t block, WriteBatch& batch, Writeback& outcome) {
  struct Hooks {
    Inode& inode;
    const FolioPtr& folio;
    WriteBatch& batch;
    Writeback& outcome;
    int no_place = -ENOSPC;  // why a block has none

    bool dirty(std::uint64_t b) const {
      folio->assert_locked();
      return folio->dirty.test(b);
    }
    std::uint64_t dirty_run_end(std::uint64_t b) const {
      folio->assert_locked();
      return folio->dirty.run_end(b, folio->dirty.size());
    }
    Place<std::uint64_t> place(std::uint64_t b, std::uint64_t most) {
      most = std::min(most, batch.room() >> folio->block_shift());
      const Lock lock(inode.map_lock_);
      const std::uint64_t file_block = folio->pos() / folio->block_size() + b;
      const BlockMap::Run run = inode.block_map_.run_at(file_block, most);
      if (run.mapped) return {run.device_block, run.length, false};
      try {
        // Memory to map these blocks, and to unmap each piece of the batch should it fail.
        inode.block_map_.prepare(batch.pieces().size() + 2);
        const auto extent = inode.volume_.space.allocate(
            run.length, inode.block_map_.goal(file_block), inode.room_ahead_);
        if (!extent) return {0, 0, true};
        inode.block_map_.map(file_block, *extent);
        return {extent->start, extent->length, true};
      } catch (const std::bad_alloc&) {
        no_place = -ENOMEM;
        return {0, 0, true};
      }
    }
    void collect(std::uint64_t b, std::uint64_t end, const Place<std::uint64_t>& place) {
      folio->assert_locked();
      batch.add(folio, b, end, place.device_block * folio->block_size(), place.fresh);
    }
    void clean(std::uint64_t b, std::uint64_t end) {
      folio->assert_locked();
      folio->dirty.clear(b, end);
    }
    std::uint64_t block_shift() const { return folio->block_shift(); }
    void count_down(std::uint64_t bytes) {
      inode.volume_.dirty.subtract(inode.dirty_, bytes);
      outcome.cleaned += bytes;
    }
    void out_of_space() { note(outcome, no_place); }
  };

  // Unlocked over the I/O: a write to the folio meanwhile makes it dirty again.
  const FolioGuard folio_lock(*folio);
  const std::uint64_t size = this->size();
  if (size > folio->pos() && size < folio->end()) {
    const std::size_t cut = folio->block_after(size);
    std::memset(folio->at(size), 0, folio->block_pos(cut) - size);  // 3.7
  }
  Hooks hooks{*this, folio, batch, outcome};
  const std::uint64_t blocks = folio->dirty.size();
  while (block < blocks && !batch.full()) {
    if (folio->dirty.none()) return blocks;
    block = collect_some<std::uint64_t>(block, hooks);
  }
  return block;
}

void Inode::submit(WriteBatch& batch, Writeback& outcome) {
  if (batch.empty()) return;
  batch.write(volume_.device);
  bool arrived = false;
  for (const Piece& piece : batch.pieces()) {
    arrived = arrived || piece.error == 0;
    if (piece.error == 0) continue;
    note(outcome, piece.error);
    if (piece.error == -ENOMEM) outcome.cleaned -= piece.bytes();
    complete_failed(piece);
  }
  if (arrived) volume_.flusher.wrote(unflushed_);
  batch.clear();
  const Lock lock(map_lock_);
  block_map_.trim();
}

void Inode::complete_failed(const Piece& piece) {
  // A place that nothing has reached holds old garbage: its blocks become holes again, or it could
  // be read (O3). Those that are dirty go on to hold a reservation in its stead.
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
    void give_up(std::uint64_t block, std::uint64_t end) {
      const std::uint64_t base = folio.pos() / folio.block_size();
      const Lock lock(inode.map_lock_);
      inode.block_map_.unmap(
          base + block, base + end, [&](Extent extent) { inode.volume_.space.free(extent); });
    }
    void reserve_again(std::uint64_t block, std::uint64_t end) {
      const std::uint64_t base = folio.pos() / folio.block_size();
      const Lock lock(inode.map_lock_);
      inode.block_map_.unmap(base + block, base + end, [&](Extent extent) {
        inode.volume_.space.free_and_reserve(extent);
      });
    }
  };
  Folio& folio = *piece.folio;
  const FolioGuard folio_lock(folio);
  // For want of memory it may still be written; any other error is the only trace of it (WBK-3).
  if (piece.error == -ENOMEM) {
    mark_dirty(folio, piece.first, piece.end);
  } else {
    errors_.set(piece.error);
  }
  if (!piece.fresh) return;
  Hooks hooks{*this, folio};
  for (std::uint64_t block = piece.first; block < piece.end;) {
    block = give_up_some<std::uint64_t>(block, std::uint64_t{piece.end}, hooks);
  }
}

}  // namespace quire::impl
