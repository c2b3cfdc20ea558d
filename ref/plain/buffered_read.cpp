// A buffered read of a plain file: how the read loop makes a folio uptodate.
#include "ref/plain/buffered_read.h"

#include "ref/plain/read_folio.h"
#include "ref/plain/read_loop.h"

#include <cerrno>
#include <utility>

namespace quire::ref {

std::int64_t buffered_read(
    Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait) {
  IovIter iter(std::move(segments));
  const auto make_uptodate = [&](Folio& folio) {
    if (nowait && needs_device(inode, folio, inode.size)) return -EAGAIN;
    lock_folio(inode, folio);
    const int error = folio.uptodate() ? 0 : read_folio(inode, folio, inode.size);
    unlock_folio(inode, folio);
    return error;
  };
  return read_loop(inode.pages, iter, pos, inode.size, inode.volume.recorder, make_uptodate);
}

}  // namespace quire::ref
