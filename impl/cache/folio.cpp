#include "impl/cache/folio.h"

#include "impl/process/no_cancel.h"

#include <bit>
#include <new>

namespace quire::impl {
namespace {

/// Memory from a resource that may be the program's own: any exception counts as a lack of memory.
/// A cancellation waits, since it must not be caught.
std::byte* allocate(std::pmr::memory_resource& memory, std::uint64_t bytes) {
  const NoCancel whole;
  void* data = nullptr;
  try {
    // Aligned to its size: O_DIRECT needs sectors, and a large folio may then be one huge page.
    data = memory.allocate(bytes, bytes);
  } catch (...) {
    throw std::bad_alloc();
  }
  if (data == nullptr) throw std::bad_alloc();
  return static_cast<std::byte*>(data);
}

}  // namespace

Folio::Folio(
    std::uint64_t pos, unsigned order, std::uint64_t block_size, std::pmr::memory_resource& memory)
    : uptodate((spec::kPageSize << order) / block_size),
      dirty((spec::kPageSize << order) / block_size),
      pos_(pos),
      order_(order),
      block_shift_(static_cast<unsigned>(std::countr_zero(block_size))),
      memory_(memory),
      data_(allocate(memory, size())) {}

Folio::~Folio() {
  const NoCancel whole;  // a destructor lets no unwinding out
  try {
    memory_.deallocate(data_, size(), size());
  } catch (...) {  // NOLINT(bugprone-empty-catch): the resource keeps the memory; nothing is lost
  }
}

}  // namespace quire::impl
