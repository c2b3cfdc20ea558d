// An allocator as a shared object. It grants a block a call, the first that suits.
#include <quire/allocator_table.h>

#include <cstdint>
#include <vector>

namespace {

struct FirstBlock {
  std::vector<bool> granted;
  std::uint64_t free, reserved = 0;
};

FirstBlock& of(void* self) { return *static_cast<FirstBlock*>(self); }
const FirstBlock& of(const void* self) { return *static_cast<const FirstBlock*>(self); }

void* make(std::uint64_t n) { return new FirstBlock{std::vector<bool>(n), n}; }

int reserve(void* self, std::uint64_t n) {
  if (of(self).free < n) return 0;
  of(self).free -= n;
  of(self).reserved += n;
  return 1;
}
void unreserve(void* self, std::uint64_t n) {
  of(self).reserved -= n;
  of(self).free += n;
}
std::uint64_t allocate(
    void* self, const quire_allocation_request* request, quire_extent* extents, std::uint64_t) {
  auto& granted = of(self).granted;
  std::uint64_t b = 0;
  while (b < granted.size() && granted[b]) b += request->alignment;
  if (b >= granted.size() || request->minimum > 1) return 0;
  granted[b] = true;
  of(self).reserved -= 1;
  extents[0] = {b, 1};
  return 1;
}
void release(void* self, std::uint64_t block, std::uint64_t) {
  of(self).granted[block] = false;
  of(self).free += 1;
}

void destroy(void* self) { delete &of(self); }
std::uint64_t blocks(const void* self) { return of(self).granted.size(); }
std::uint64_t free_blocks(const void* self) { return of(self).free; }
std::uint64_t reserved_blocks(const void* self) { return of(self).reserved; }

// clang-format off
const quire_allocator_functions table{
    QUIRE_ALLOCATOR_TABLE_VERSION, 0, make, destroy, reserve, unreserve, allocate, release,
    blocks, free_blocks, reserved_blocks, nullptr};
// clang-format on
}  // namespace

const quire_allocator_functions* quire_allocator_table() { return &table; }
