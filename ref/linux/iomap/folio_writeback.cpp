// The writeback of one folio: its flag, its count, its error.
#include "ref/linux/iomap/folio_writeback.h"

#include "ref/linux/iomap/writeback_count.h"
#include "ref/require.h"
#include "spec/word.h"

#include <algorithm>

namespace quire::ref::iomap {
namespace {

using Number = std::uint64_t;

Number dirty_below(const Folio& folio, Number size) {
  Number bytes = 0;
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    const bool counts = folio.blocks[i].dirty && folio.block_pos(i) < size;
    if (counts) bytes += folio.block_end(i) - folio.block_pos(i);
  }
  return bytes;
}

Number count_of(const Folio& folio, bool Block::*flag) {
  return static_cast<Number>(std::ranges::count(folio.blocks, true, flag));
}

bool is_zero_past(Folio& folio, Number size) {
  const Number from = std::clamp(size, folio.pos(), folio.end());
  const auto bytes = folio.bytes(from, folio.end());
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

FolioWriteback::FolioWriteback(File& file, Folio& folio)
    : file_(file),
      folio_(folio),
      count_(writeback_starts<Number>(folio.size())),
      uptodate_before_(count_of(folio, &Block::uptodate)) {
  require(
      folio.locked && !folio.writeback,
      "writeback starts on a folio that is not locked, or in writeback already");
  folio.writeback = true;
  seen_.folio_pos = folio.pos();
  seen_.folio_size = folio.size();
  seen_.size = file.size;
  seen_.dirty_below = dirty_below(folio, file.size);
}

void FolioWriteback::collected(Number bytes) {
  if (count_.submitted == 0) seen_.flag_at_submit = folio_.writeback;
  iomap::collected<Number>(count_, bytes);
  seen_.submitted += bytes;
  note_step();
}

void FolioWriteback::over_hole() { seen_.over_holes += file_.block_size; }

void FolioWriteback::map_failed(int error) {
  seen_.unmapped += file_.block_size;
  if (error != 0) seen_.failed = 1;
  if (error_ == 0) error_ = error;
}

void FolioWriteback::all_collected() {
  collected_ = true;
  seen_.dirty_after = count_of(folio_, &Block::dirty);
  seen_.tail_is_zero = is_zero_past(folio_, file_.size);
  if (iomap::all_collected<Number>(count_)) finish();
  note_step();
}

void FolioWriteback::completed(Number bytes, int error) {
  if (error != 0) seen_.failed = 1;
  if (error_ == 0) error_ = error;
  completed_ += bytes;
  if (iomap::completed<Number>(count_, bytes)) finish();
  note_step();
}

void FolioWriteback::note_step() {
  const bool ended = was_in_writeback_ && !folio_.writeback;
  was_in_writeback_ = folio_.writeback;
  if (file_.recorder == nullptr) return;
  file_.recorder->step(spec::WritebackStep<Number>{
      count_, completed_, collected_, seen_.ends - Number{ended}, ended});
}

void FolioWriteback::finish() {
  folio_.writeback = false;
  ++seen_.ends;
  if (error_ != 0) {
    if (file_.record_error) file_.record_error(error_);
    ++seen_.errors_recorded;
  }
  if (file_.recorder == nullptr) return;
  seen_.flag_after = folio_.writeback;
  seen_.stale_after = uptodate_before_ - count_of(folio_, &Block::uptodate);
  file_.recorder->step(seen_);
}

}  // namespace quire::ref::iomap
