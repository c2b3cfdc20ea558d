// A buffered read of an F2FS file: how the read loop makes a page uptodate.
#include "ref/linux/f2fs/buffered_read.h"

#include "ref/linux/f2fs/read_page.h"
#include "ref/plain/read_loop.h"

#include <cerrno>
#include <utility>

namespace quire::ref::f2fs {

std::int64_t buffered_read(
    Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait) {
  IovIter iter(std::move(segments));
  const auto make_uptodate = [&](Folio& folio) {
    if (nowait && needs_device(inode, folio)) return -EAGAIN;
    lock_folio(inode, folio);
    const int error = folio.uptodate() ? 0 : read_page(inode, folio);
    unlock_folio(inode, folio);
    return error;
  };
  return read_loop(inode.pages, iter, pos, inode.node.size, inode.volume.recorder, make_uptodate);
}

}  // namespace quire::ref::f2fs
