#include "impl/folio.h"

#include <bit>

namespace quire::impl {

Folio::Folio(
    std::uint64_t pos, unsigned order, std::uint64_t block_size, std::pmr::memory_resource& memory)
    : uptodate((spec::kPageSize << order) / block_size),
      dirty((spec::kPageSize << order) / block_size),
      pos_(pos),
      order_(order),
      block_shift_(static_cast<unsigned>(std::countr_zero(block_size))),
      memory_(memory),
      // Aligned to its size: O_DIRECT needs sectors, and a large folio may then be one huge page.
      data_(static_cast<std::byte*>(memory.allocate(size(), size()))) {}

Folio::~Folio() { memory_.deallocate(data_, size(), size()); }

}  // namespace quire::impl
