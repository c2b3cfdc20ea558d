// The program's own operator new, which every allocation of libquire goes through, and which fails
// as allocation_faults says. In a file of its own: seen from a caller, free() would not match new.
#include "tests/impl/faults/fault_world.h"

#include <cstdlib>
#include <new>

void* operator new(std::size_t bytes) {
  if (quire::tests::allocation_faults.take(bytes)) throw std::bad_alloc();
  if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  if (quire::tests::allocation_faults.take(bytes)) throw std::bad_alloc();
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return p;
  throw std::bad_alloc();
}
// AddressSanitizer has its own of these, which would not match the operator delete below.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  if (quire::tests::allocation_faults.take(bytes)) return nullptr;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
