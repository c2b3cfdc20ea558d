// A buffered read: folio by folio.
#include "ref/plain/buffered_read.h"

#include "ref/noted_lock.h"
#include "ref/plain/read_folio.h"
#include "ref/user_memory/iov_iter.h"

#include <algorithm>
#include <cerrno>
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
  std::int64_t done = 0;
  int error = 0;
  while (error == 0 && iter.left() > 0 && pos < inode.size) {
    Folio* const folio = inode.pages.find_or_make(pos);
    error = folio == nullptr ? -ENOMEM : make_uptodate(inode, *folio, nowait);
    if (error != 0) break;

    // The folio is unlocked: storing may wait for the caller's memory (GPW-6, LK-4).
    const std::uint64_t n = std::min({iter.left(), folio->end() - pos, inode.size - pos});
    note_wait<spec::UserMemory>(inode.volume.recorder, 0);
    const std::uint64_t stored = iter.copy_to(folio->bytes(pos, pos + n).data(), n);
    if (stored < n) error = -EFAULT;
    pos += stored;
    done += static_cast<std::int64_t>(stored);
  }
  return done > 0 ? done : error;
}

}  // namespace quire::ref
