// A buffered read through iomap: folio by folio.
#include "ref/linux/iomap/buffered_read.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/read_or_zero.h"
#include "ref/noted_lock.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::iomap {

std::int64_t file_buffered_read(
    File& file, Ops& ops, IovIter& iter, std::uint64_t pos, const Request& request) {
  std::int64_t done = 0;
  int error = 0;
  while (error == 0 && iter.left() > 0 && pos < file.size) {
    const auto found = get_locked_folio(file, pos, iter.left(), request.nowait);
    if (!found) {
      error = found.error();
      break;
    }
    Folio* const folio = *found;
    if (!folio->uptodate()) error = read_folio(file, ops, *folio, request);
    unlock_folio(file, *folio);
    if (error != 0) break;

    // The folio is unlocked: storing may wait for the caller's memory (GPW-6, LK-4).
    const std::uint64_t n = std::min({iter.left(), folio->end() - pos, file.size - pos});
    note_wait<spec::UserMemory>(file.recorder, 0);
    const std::uint64_t stored = iter.copy_to(folio->bytes(pos, pos + n).data(), n);
    if (stored < n) error = -EFAULT;
    pos += stored;
    done += static_cast<std::int64_t>(stored);
  }
  return done > 0 ? done : error;
}

}  // namespace quire::ref::iomap
