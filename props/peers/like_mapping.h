// The bytes of a shared mapping of a file, for files that cannot be mapped.
#pragma once

#include "props/memory/mapping.h"
#include "props/peers/files.h"

#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace quire::props {

/// The bytes of a source, in memory that ends where a mapping of the file would: at the end of the
/// page that holds the file's last byte.
class LikeMapping {
 public:
  /// File: one of ref's, with size() and preadv2().
  template <class File>
  LikeMapping(File& file, const Source& source)
      : offset_(static_cast<std::size_t>(source.from) % kPage),
        pages_(
            pages_of(offset_ + static_cast<std::size_t>(source.length)) * kPage + kPage,
            PROT_READ | PROT_WRITE),
        segment_{pages_.data() + offset_, static_cast<std::size_t>(source.length)} {
    const auto size = static_cast<std::size_t>(file.size());
    const std::size_t first = static_cast<std::size_t>(source.from) - offset_;
    const std::size_t end = std::max(first, pages_of(size) * kPage);
    const std::size_t good = std::min(end - first, pages_.size() - kPage);
    // No more than the file has: a read may not ask for bytes past the largest size.
    const iovec page{pages_.data(), std::min(good, std::max(first, size) - first)};
    if (page.iov_len != 0) file.preadv2(&page, 1, static_cast<std::int64_t>(first), 0);
    ::mprotect(pages_.data() + good, pages_.size() - good, PROT_NONE);
  }

  const iovec& segment() const { return segment_; }

 private:
  std::size_t offset_;
  Mapping pages_;
  iovec segment_;
};

}  // namespace quire::props
