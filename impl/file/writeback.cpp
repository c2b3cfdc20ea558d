#include "impl/file/writeback.h"

#include "impl/file/collect.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace quire::impl {
namespace {

constexpr std::uint64_t kBatchPieces = 1024;

/// Keeps the first error of a pass.
void note(Writeback::Outcome& outcome, int error) {
  if (outcome.error == 0) outcome.error = error;
}

}  // namespace

std::uint64_t write_back_excess(VolumeState& volume) {
  // Others may dirty more meanwhile, and are throttled themselves.
  const std::uint64_t dirty_before = volume.dirty.bytes();
  std::uint64_t cleaned = 0;
  while (volume.dirty.bytes() > volume.dirty_max / 4 * 3 && cleaned < dirty_before) {
    Writeback* const file = volume.dirty.oldest();
    if (file == nullptr) break;
    const Writeback::Outcome outcome = file->write_back();
    if (outcome.cleaned == 0) break;
    cleaned += outcome.cleaned;
  }
  return cleaned;
}

Writeback::Outcome Writeback::write_back() {
  const Lock lock(lock_);
  Outcome outcome;
  // Blocks that turn dirty behind the pass, or past the end that it saw, are for the next one. No
  // truncate shortens the file meanwhile.
  const std::uint64_t end = pass_end_ = size_.get();
  const std::uint64_t dirty_blocks = cached_.dirty_blocks();
  if (dirty_blocks == 0) return outcome;
  try {
    WritebackBatch batch(std::min(dirty_blocks, kBatchPieces), volume_.device.stable_writes());
    FolioPtr folio;
    for (std::uint64_t pos = 0; pos < end && (folio = cached_.folios().first_from(pos)) != nullptr;
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

std::uint64_t Writeback::collect(
    const FolioPtr& folio, std::uint64_t block, WritebackBatch& batch, Outcome& outcome) {
  struct Hooks {
    CachedFile& cached;
    FileSpace& space;
    const FolioPtr& folio;
    WritebackBatch& batch;
    Outcome& outcome;
    int map_error = 0;

    bool dirty(std::uint64_t b) const {
      folio->assert_locked();
      return folio->dirty.test(b);
    }
    std::uint64_t dirty_run_end(std::uint64_t b) const {
      folio->assert_locked();
      return folio->dirty.run_end(b, folio->dirty.size());
    }
    Mapping<std::uint64_t> map_or_allocate(std::uint64_t b, std::uint64_t most) {
      most = std::min(most, batch.room() >> folio->block_shift());
      const std::uint64_t file_block = folio->pos() / folio->block_size() + b;
      const FileSpace::Mapped run =
          space.map_or_allocate(file_block, most, batch.pieces().size() + 1);
      map_error = run.error;
      return {run.device_block, run.length, run.newly_allocated};
    }
    void collect(std::uint64_t b, std::uint64_t end, const Mapping<std::uint64_t>& mapping) {
      folio->assert_locked();
      batch.add(folio, b, end, mapping.device_block * folio->block_size(), mapping.newly_allocated);
    }
    void clean(std::uint64_t b, std::uint64_t end) {
      folio->assert_locked();
      folio->dirty.clear(b, end);
    }
    std::uint64_t block_shift() const { return folio->block_shift(); }
    void count_down(std::uint64_t bytes) {
      cached.count_clean(bytes);
      outcome.cleaned += bytes;
    }
    void out_of_space() { note(outcome, map_error); }
  };

  // Unlocked over the I/O: a write to the folio meanwhile makes it dirty again.
  const FolioGuard folio_lock(*folio);
  const std::uint64_t size = size_.get();
  if (size > folio->pos() && size < folio->end()) {
    const std::size_t cut = folio->block_after(size);
    std::memset(folio->at(size), 0, folio->block_pos(cut) - size);  // 3.7
  }
  Hooks hooks{cached_, space_, folio, batch, outcome};
  const std::uint64_t blocks = folio->dirty.size();
  while (block < blocks && !batch.full()) {
    if (folio->dirty.none()) return blocks;
    block = collect_some<std::uint64_t>(block, hooks);
  }
  return block;
}

void Writeback::submit(WritebackBatch& batch, Outcome& outcome) {
  if (batch.empty()) return;
  batch.write(volume_.device);
  bool arrived = false;
  for (const Piece& piece : batch.pieces()) {
    arrived = arrived || piece.error == 0;
    if (piece.error == 0) continue;
    if (piece.error == -ENOMEM) {
      note(outcome, piece.error);
      outcome.cleaned -= piece.bytes();
    }
    complete_failed(piece);
  }
  if (arrived) volume_.flusher.wrote(unflushed_);
  batch.clear();
  space_.trim();
}

void Writeback::complete_failed(const Piece& piece) {
  // A newly allocated block that was not written holds old data of the device. It becomes a hole
  // again, or that data could be read (O3). A block that is dirty goes on to hold a reservation.
  struct Hooks {
    FileSpace& space;
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
    void unmap(std::uint64_t block, std::uint64_t end) {
      const std::uint64_t base = folio.pos() / folio.block_size();
      space.unmap(base + block, base + end);
    }
    void unmap_and_reserve(std::uint64_t block, std::uint64_t end) {
      const std::uint64_t base = folio.pos() / folio.block_size();
      space.unmap_and_reserve(base + block, base + end);
    }
  };
  Folio& folio = *piece.folio;
  const FolioGuard folio_lock(folio);
  // After -ENOMEM it may still be written; any other error is the only trace of it (WBK-3).
  if (piece.error == -ENOMEM) {
    cached_.mark_dirty(folio, piece.first, piece.end);
  } else {
    errors_.set(piece.error);
  }
  if (!piece.newly_allocated) {
    const bool has_tail =
        folio.block_pos(piece.first) < pass_end_ && pass_end_ < folio.block_pos(piece.end);
    if (!has_tail) return;
    // Behind the end the block may hold bytes of the device that a truncate has cut off.
    cached_.note_stale_tail();
    if (size_.get() != pass_end_ &&
        !folio.dropped) {  // a writer has made them the file's meanwhile
      const std::size_t tail = folio.block_of(pass_end_);
      cached_.mark_dirty(folio, tail, tail + 1);
    }
    return;
  }
  Hooks hooks{space_, folio};
  for (std::uint64_t block = piece.first; block < piece.end;) {
    block = unmap_failed<std::uint64_t>(block, std::uint64_t{piece.end}, hooks);
  }
}

}  // namespace quire::impl
