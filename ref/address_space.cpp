// A file's cached folios: find, make, drop.
#include "ref/address_space.h"

#include <new>

namespace quire::ref {

Folio* AddressSpace::find(std::uint64_t pos) {
  const auto found = folios_.find(pos / spec::kPageSize);
  return found == folios_.end() ? nullptr : &found->second;
}

Folio* AddressSpace::find_or_make(std::uint64_t pos) {
  if (Folio* folio = find(pos)) return folio;
  const std::uint64_t index = pos / spec::kPageSize;
  try {
    return &folios_.try_emplace(index, index * spec::kPageSize, block_size_, memory_).first->second;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void AddressSpace::drop_clean() {
  std::erase_if(folios_, [](const auto& entry) { return !entry.second.dirty(); });
}

void AddressSpace::drop_from(std::uint64_t pos) {
  std::erase_if(folios_, [&](const auto& entry) { return pos <= entry.second.pos(); });
}

}  // namespace quire::ref
