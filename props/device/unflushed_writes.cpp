// Sectors are saved page by page, each once.
#include "props/device/unflushed_writes.h"

#include <algorithm>

namespace quire::props {
namespace {

/// Calls visit(page, in_page, done, length) for each part of [pos, pos + length) that lies in one
/// page: its number, the offsets in the page and in the range, and its bytes.
template <class Visit>
void each_part(std::uint64_t page_size, std::uint64_t pos, std::uint64_t length, Visit visit) {
  for (std::uint64_t done = 0; done < length;) {
    const std::uint64_t in_page = (pos + done) % page_size;
    const std::uint64_t n = std::min(page_size - in_page, length - done);
    visit((pos + done) / page_size, in_page, done, n);
    done += n;
  }
}

}  // namespace

void UnflushedWrites::before_write(std::uint64_t pos, std::span<const std::byte> old) {
  const auto save = [&](std::uint64_t number, std::uint64_t in_page, std::uint64_t done,
                        std::uint64_t length) {
    Page*& page = pages_.try_emplace(number, nullptr).first->second;
    if (page == nullptr) {
      if (store_.size() < pages_.size()) store_.emplace_back();
      page = &store_[pages_.size() - 1];
      page->saved = 0;
    }
    for (std::uint64_t at = in_page; at < in_page + length; at += kSector) {
      const auto bit = static_cast<std::uint8_t>(1U << (at / kSector));
      if ((page->saved & bit) != 0) continue;
      page->saved |= bit;
      std::copy_n(old.data() + done + (at - in_page), kSector, page->bytes.data() + at);
    }
  };
  each_part(kPage, pos, old.size(), save);
}

void UnflushedWrites::flushed() { pages_.clear(); }

bool UnflushedWrites::touches(std::uint64_t pos, std::uint64_t length) const {
  bool touched = false;
  each_part(
      kPage, pos, pages_.empty() ? 0 : length,
      [&](std::uint64_t number, std::uint64_t in_page, std::uint64_t, std::uint64_t n) {
        const auto page = pages_.find(number);
        if (page == pages_.end()) return;
        const std::uint64_t first = in_page / kSector;
        const std::uint64_t end = (in_page + n + kSector - 1) / kSector;
        touched = touched || (page->second->saved & ((1U << end) - (1U << first))) != 0;
      });
  return touched;
}

void UnflushedWrites::show_medium(std::uint64_t pos, std::span<std::byte> bytes) const {
  const auto show = [&](std::uint64_t number, std::uint64_t in_page, std::uint64_t done,
                        std::uint64_t length) {
    const auto page = pages_.find(number);
    if (page == pages_.end()) return;
    for (std::uint64_t at = in_page; at < in_page + length; at += kSector) {
      if ((page->second->saved & (1U << (at / kSector))) == 0) continue;
      std::copy_n(page->second->bytes.data() + at, kSector, bytes.data() + done + (at - in_page));
    }
  };
  each_part(kPage, pos, pages_.empty() ? 0 : bytes.size(), show);
}

}  // namespace quire::props
