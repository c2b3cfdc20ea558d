// The read loop.
#include "ref/plain/read_loop.h"

#include "ref/noted_lock.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref {

std::int64_t read_loop(
    AddressSpace& pages, IovIter& iter, std::uint64_t pos, std::uint64_t size,
    spec::Recorder* recorder, const MakeUptodate& make_uptodate) {
  std::int64_t done = 0;
  int error = 0;
  while (error == 0 && iter.left() > 0 && pos < size) {
    Folio* const folio = pages.find_or_make(pos);
    error = folio == nullptr ? -ENOMEM : make_uptodate(*folio);
    if (error != 0) break;

    // The folio is unlocked: storing may wait for the caller's memory (GPW-6, LK-4).
    const std::uint64_t n = std::min({iter.left(), folio->end() - pos, size - pos});
    note_wait<spec::UserMemory>(recorder, 0);
    const std::uint64_t stored = iter.copy_to(folio->bytes(pos, pos + n).data(), n);
    if (stored < n) error = -EFAULT;
    pos += stored;
    done += static_cast<std::int64_t>(stored);
  }
  return done > 0 ? done : error;
}

}  // namespace quire::ref
