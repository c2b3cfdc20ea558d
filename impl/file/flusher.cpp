#include "impl/file/flusher.h"

namespace quire::impl {

void Flusher::wrote(UnflushedFile& file) {
  const std::lock_guard lock(list_lock_);
  file.last_write = flushes_begun_;
  if (file.is_linked()) return;
  file.first_write = flushes_begun_;
  files_.push_back(file);
}

int Flusher::flush(UnflushedFile& file, ErrSeq::Cursor& since) {
  const Lock flushing(flush_lock_);
  if (has_unflushed(file)) flush_device();
  return file.errors.check_and_advance(since);
}

bool Flusher::has_unflushed(const UnflushedFile& file) {
  const std::lock_guard lock(list_lock_);
  return file.is_linked();
}

void Flusher::flush_device() {
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(list_lock_);
    begun = ++flushes_begun_;
  }
  const int error = device_.flush();
  const std::lock_guard lock(list_lock_);
  for (auto at = files_.begin(); at != files_.end();) {
    UnflushedFile& file = *at++;
    if (file.first_write >= begun) continue;
    if (error != 0) {
      file.errors.set(error);
    } else if (file.last_write >= begun) {
      file.first_write = begun;  // the data written during the flush is for the next one
    } else {
      file.unlink();
    }
  }
}

}  // namespace quire::impl
