#include "impl/flusher.h"

namespace quire::impl {

void Flusher::wrote(UnflushedFile& file) {
  const std::lock_guard lock(list_lock_);
  file.last_write = flushes_begun_;
  if (file.is_linked()) return;
  file.first_write = flushes_begun_;
  files_.push_back(file);
}

Flusher::Answer Flusher::flush(ErrSeq& errors, ErrSeq::Cursor& told) {
  const Lock flushing(flush_lock_);
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(list_lock_);
    begun = ++flushes_begun_;
  }
  const int flushed = device_.flush();
  {
    const std::lock_guard lock(list_lock_);
    for (auto at = files_.begin(); at != files_.end();) {
      UnflushedFile& file = *at++;
      if (file.first_write >= begun) continue;
      if (flushed != 0) file.errors.set(flushed);
      // Data written during the flush is for the next one.
      if (file.last_write >= begun) {
        file.first_write = begun;
      } else {
        file.unlink();
      }
    }
  }
  return {flushed, errors.tell(told)};
}

}  // namespace quire::impl
