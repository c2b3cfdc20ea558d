// Poisons at both ends of an allocation's life.
#include "props/memory/poison_resource.h"

#include "props/memory/poison.h"

#include <cstring>
#include <new>

namespace quire::props {

PoisonResource::PoisonResource(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

void* PoisonResource::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > bytes_max_) throw std::bad_alloc();
  void* p = upstream_->allocate(bytes, alignment);
  std::memset(p, static_cast<int>(kPoison), bytes);
  return p;
}

void PoisonResource::do_deallocate(void* p, std::size_t bytes, std::size_t alignment) {
  std::memset(p, static_cast<int>(kPoison), bytes);
  // The memory is about to be freed, and a compiler may drop stores that nobody can read in time.
  asm volatile("" : : "r"(p) : "memory");
  upstream_->deallocate(p, bytes, alignment);
}

bool PoisonResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace quire::props
