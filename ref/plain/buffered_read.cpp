// A buffered read of a plain file: the folios for the read loop.
#include "ref/plain/buffered_read.h"

#include "ref/plain/read_folio.h"
#include "ref/plain/read_loop.h"

#include <cerrno>
#include <expected>
#include <utility>

namespace quire::ref {
namespace {

/// Makes the folio uptodate. Returns 0 or a negative errno.
int make_uptodate(Inode& inode, Folio& folio, bool nowait) {
  if (nowait && needs_device(inode, folio, inode.size)) return -EAGAIN;
  lock_folio(inode, folio);
  const int error = folio.uptodate() ? 0 : read_folio(inode, folio, inode.size);
  unlock_folio(inode, folio);
  return error;
}

}  // namespace

std::int64_t buffered_read(
    Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait) {
  IovIter iter(std::move(segments));
  const auto folio_at = [&](std::uint64_t at) -> std::expected<Folio*, int> {
    Folio* const folio = inode.pages.find_or_make(at);
    const int error = folio == nullptr ? -ENOMEM : make_uptodate(inode, *folio, nowait);
    if (error != 0) return std::unexpected(error);
    return folio;
  };
  return read_loop(iter, pos, inode.size, inode.volume.recorder, folio_at);
}

}  // namespace quire::ref
