// Preparing a folio for a write, and completing it: the steps.
#include "ref/plain/write_begin_end.h"

#include "ref/cache/accept.h"
#include "ref/cache/write_end_record.h"
#include "ref/noted_lock.h"
#include "ref/plain/read_folio.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref {
namespace {

Prepared failed(int negative_errno) {
  Prepared none;
  none.error = spec::error(-negative_errno);
  return none;
}

/// Reserves space for every missing block of [pos, end), or for none. Returns whether it did, and
/// in `reserved` how many blocks.
bool reserve(
    Inode& inode, const Folio& folio, std::uint64_t pos, std::uint64_t end,
    std::uint64_t& reserved) {
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  reserved = 0;
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.touches(i, pos, end) && is_missing(inode, folio, i)) ++reserved;
  }
  const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
  return inode.volume.space.reserve(reserved);
}

void unreserve(Inode& inode, std::uint64_t blocks) {
  const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
  inode.volume.space.unreserve(blocks);
}

/// Marks the blocks of [pos, pos + accepted). Returns how many of them took a reservation.
std::uint64_t mark_blocks(Inode& inode, Folio& folio, std::uint64_t pos, std::uint64_t accepted) {
  const CountedFolio counted(inode, folio);
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (!folio.touches(i, pos, pos + accepted)) continue;
    if (is_missing(inode, folio, i)) ++used;
    folio.blocks[i] = written(folio.blocks[i], folio.block_range(i), {pos, pos + accepted});
  }
  return used;
}

/// Reports each block of the folio, and that it is about to be unlocked.
void record(
    const Inode& inode, const Prepared& prepared, std::uint64_t pos, std::uint64_t n,
    std::uint64_t copied, std::uint64_t accepted) {
  spec::Recorder* const recorder = inode.volume.recorder;
  if (recorder == nullptr) return;
  const Folio& folio = *prepared.folio;
  const FolioWrite write{pos, prepared.begun, n, copied, accepted, prepared.before};
  for (const auto& block : write_end_records(folio, write)) recorder->write_end(block);
  recorder->folio_unlock(folio.pos(), inode.size, folio.dirty());
}

}  // namespace

Prepared write_begin(Inode& inode, std::uint64_t pos, std::uint64_t want) {
  Folio* const folio = inode.pages.find_or_make(pos);
  if (folio == nullptr) return failed(-ENOMEM);
  lock_folio(inode, *folio);

  const std::uint64_t end = std::min(pos + want, folio->end());
  std::uint64_t reserved = 0;
  if (!reserve(inode, *folio, pos, end, reserved)) {
    unlock_folio(inode, *folio);
    return failed(-ENOSPC);
  }
  const bool overwrites_all = pos == folio->pos() && end == folio->end();
  if (!overwrites_all && !folio->uptodate()) {
    if (const int error = read_folio(inode, *folio, inode.size); error != 0) {
      unreserve(inode, reserved);
      unlock_folio(inode, *folio);
      return failed(error);
    }
  }

  Prepared prepared;
  prepared.error = 0;
  prepared.folio_pos = folio->pos();
  prepared.end = end;
  prepared.folio = folio;
  prepared.begun = end - pos;
  prepared.reserved = reserved;
  prepared.before = folio->blocks;
  return prepared;
}

std::uint64_t write_end(
    Inode& inode, Prepared& prepared, std::uint64_t pos, std::uint64_t n, std::uint64_t copied) {
  Folio& folio = *prepared.folio;
  require(folio.locked && copied <= n && n <= prepared.begun, "write_end of what was not begun");

  // Behind a short copy into a stale folio lie undefined bytes, which a reader must not see.
  const std::uint64_t accepted = accept<std::uint64_t>(folio.uptodate(), n, copied);
  const std::uint64_t used = mark_blocks(inode, folio, pos, accepted);
  unreserve(inode, prepared.reserved - used);
  if (accepted != 0) {
    const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
    inode.size = std::max(inode.size, pos + accepted);
  }
  record(inode, prepared, pos, n, copied, accepted);
  unlock_folio(inode, folio);
  return accepted;
}

}  // namespace quire::ref
