// A file's cached folios: find, make, drop.
#include "ref/cache/address_space.h"

#include <algorithm>
#include <iterator>
#include <new>

namespace quire::ref {

Folio* AddressSpace::find(std::uint64_t pos) {
  auto after = folios_.upper_bound(pos / spec::kPageSize);
  if (after == folios_.begin()) return nullptr;
  Folio& folio = std::prev(after)->second;
  return pos < folio.end() ? &folio : nullptr;
}

bool AddressSpace::is_free(std::uint64_t pos, std::uint64_t end) const {
  const auto after = folios_.lower_bound(end / spec::kPageSize);
  return after == folios_.begin() || std::prev(after)->second.end() <= pos;
}

Folio* AddressSpace::find_or_make(std::uint64_t pos, std::uint64_t size_max) {
  if (Folio* folio = find(pos)) return folio;
  std::uint64_t size = size_max;
  while (!is_free(pos / size * size, pos / size * size + size)) size /= 2;
  const std::uint64_t start = pos / size * size;
  try {
    return &folios_.try_emplace(start / spec::kPageSize, start, size, block_size_, memory_)
                .first->second;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::uint64_t AddressSpace::dirty_pages() const {
  std::uint64_t pages = 0;
  for (const auto& [index, folio] : folios_) {
    if (folio.dirty()) pages += folio.size() / spec::kPageSize;
  }
  return pages;
}

void AddressSpace::drop_clean() {
  std::erase_if(folios_, [](const auto& entry) {
    const Folio& folio = entry.second;
    return !folio.dirty() && !folio.locked && !folio.writeback;
  });
}

void AddressSpace::drop_from(std::uint64_t pos) {
  const std::uint64_t first = pos / spec::kPageSize + (pos % spec::kPageSize != 0 ? 1 : 0);
  folios_.erase(folios_.lower_bound(first), folios_.end());
}

void AddressSpace::drop(const Folio& folio) { folios_.erase(folio.pos() / spec::kPageSize); }

bool AddressSpace::split(Folio& folio) {
  const std::size_t blocks = spec::kPageSize / block_size_;
  std::map<std::uint64_t, Folio> pages;
  try {
    for (std::uint64_t pos = folio.pos(); pos < folio.end(); pos += spec::kPageSize) {
      Folio& page =
          pages.try_emplace(pos / spec::kPageSize, pos, spec::kPageSize, block_size_, memory_)
              .first->second;
      std::ranges::copy(folio.bytes(pos, page.end()), page.bytes(pos, page.end()).begin());
      const auto first =
          folio.blocks.begin() + static_cast<std::ptrdiff_t>((pos - folio.pos()) / block_size_);
      std::copy_n(first, blocks, page.blocks.begin());
    }
  } catch (const std::bad_alloc&) {
    return false;
  }
  drop(folio);
  folios_.merge(pages);
  return true;
}

}  // namespace quire::ref
