#include "impl/file/write_hooks.h"

#include "impl/cache/folio_use.h"
#include "impl/file/accept.h"
#include "impl/file/end_record.h"
#include "impl/file/writeback.h"
#include "impl/record.h"
#include "spec/linux/throttle.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>

namespace quire::impl {
namespace {

using Number = std::uint64_t;

BatchFolio failed(int positive_errno) { return {{spec::error(positive_errno), 0, 0}, nullptr}; }

}  // namespace

void FileHooks::throttle() {
  VolumeState& volume = file_.volume;
  const Number dirty = volume.dirty.bytes();
  Number written = 0;
  if (dirty > volume.dirty_max) {
    // Readers do not wait for the device with this writer, and see the bytes it accepted so far.
    const AdmitReaders admit(file_.iolock);
    written = write_back_excess(volume);
  }
  record([&](auto& r) {
    const Number left = volume.dirty.bytes();
    r.step(spec::ThrottlePass<Number>{volume.dirty_max, dirty, written, left, left});
  });
}

BatchFolio FileHooks::write_begin(Number pos, Number want) {
  const FolioPtr folio = file_.cached.folios().find_or_make_locked(pos, want);
  if (folio == nullptr) return failed(ENOMEM);
  folio->assert_locked();
  note_use(*folio);

  BatchFolio batch{{0, folio->pos(), 0}, folio};
  const Number folio_end = std::min(pos + want, folio->end());
  const Number space_end = reserve(*folio, pos, folio_end, batch.reserved);
  int error = space_end == pos ? -ENOSPC : 0;
  if (error == 0) {
    batch.end = same_state_end(*folio, pos, space_end, batch.uptodate);
    batch.length = batch.end - pos;
    batch.ends_batch = batch.end != folio_end;
    // Reserve whole pages first; release what lies past this range.
    const Number unused = file_.cached.blocks_to_reserve(*folio, batch.end, space_end);
    file_.space.unreserve(unused);
    batch.reserved -= unused;
    error = read_or_zero_edges(*folio, pos, batch.end);
  }
  if (error != 0) {
    file_.space.unreserve(batch.reserved);
    folio->unlock();
    return failed(-error);
  }
  return batch;
}

Number FileHooks::same_state_end(
    const impl::Folio& folio, Number pos, Number end, bool& uptodate) const {
  const std::size_t first = folio.block_of(pos);
  const std::size_t block_end = folio.block_after(end);
  const std::size_t last = block_end - 1;
  const auto will_be_uptodate = [&](std::size_t block) QUIRE_REQUIRES(folio.mutex()) {
    return folio.uptodate.test(block) || folio.block_pos(block) < pos ||
           end < folio.block_pos(block + 1);
  };
  uptodate = will_be_uptodate(first);
  std::size_t at = first + 1;
  if (at < last && folio.uptodate.test(at) == uptodate) at = folio.uptodate.run_end(at, last);
  if (at == last && will_be_uptodate(last) == uptodate) at = block_end;
  return at < block_end ? folio.block_pos(at) : end;
}

Number FileHooks::reserve(const impl::Folio& folio, Number pos, Number end, Number& reserved) {
  const Number all = file_.cached.blocks_to_reserve(folio, pos, end);
  if (all == 0) return end;
  if (file_.space.reserve(all)) {
    reserved = all;
    return end;
  }
  // Too little space for all: reserve for as many whole pages of the write as fit, in order.
  while (pos < end) {
    const Number page_end = std::min(end, spec::round_down(pos, spec::kPageSize) + spec::kPageSize);
    const Number need = file_.cached.blocks_to_reserve(folio, pos, page_end);
    if (need != 0 && !file_.space.reserve(need)) break;
    reserved += need;
    pos = page_end;
  }
  return pos;
}

int FileHooks::read_or_zero_edges(impl::Folio& folio, Number pos, Number end) {
  const std::size_t first = folio.block_of(pos);
  const std::size_t last = folio.block_after(end) - 1;
  const bool cuts_first = folio.block_pos(first) < pos;
  const bool cuts_last = end < folio.block_pos(last + 1);
  if (cuts_first || (cuts_last && first == last)) {
    if (const int error = file_.cached.read_or_zero(folio, first, first + 1); error != 0)
      return error;
  }
  return cuts_last && last != first ? file_.cached.read_or_zero(folio, last, last + 1) : 0;
}

Number FileHooks::write_end(BatchFolio& batch, Number pos, Number length, Number copied) {
  impl::Folio& folio = *batch.folio;
  folio.assert_locked();
  EndRecord end_record(folio, pos, batch.length, length, copied);
  const Number accepted = accept<Number>(batch.uptodate, length, copied);
  Number used = 0;
  if (accepted != 0) {
    const std::size_t first = folio.block_of(pos);
    const std::size_t end = folio.block_after(pos + accepted);
    used = accepted == length ? batch.reserved
                              : file_.cached.blocks_to_reserve(folio, pos, pos + accepted);
    folio.uptodate.set(first, end);
    file_.cached.mark_dirty(folio, first, end);
  }
  file_.space.unreserve(batch.reserved - used);
  end_record.send(folio, accepted);
  // Before the folio is unlocked, or writeback could wipe the bytes as lying past the end (WB-6).
  if (accepted != 0 && pos + accepted > file_.size.get()) {
    file_.size.set(pos + accepted);
  }
  record([&](auto& r) {
    folio.assert_locked();
    r.folio_unlock(folio.pos(), file_.size.get(), !folio.dirty.none());
  });
  folio.unlock();
  return accepted;
}

}  // namespace quire::impl
