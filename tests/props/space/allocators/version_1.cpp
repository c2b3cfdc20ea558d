// An allocator as it was built with version 1 of allocator_table.h. It grants a block a call, the
// first that is free.
#include <quire/allocator_table.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

struct FirstBlock {
  std::vector<bool> granted;
  std::uint64_t free, reserved = 0;
};

FirstBlock& of(void* self) { return *static_cast<FirstBlock*>(self); }
const FirstBlock& of(const void* self) { return *static_cast<const FirstBlock*>(self); }

const quire_allocator_functions_v1 table{
    .version = 1,
    .make = [](std::uint64_t n) -> void* {
      return new FirstBlock{std::vector<bool>(n), n};
    },
    .destroy = [](void* self) { delete &of(self); },
    .reserve =
        [](void* self, std::uint64_t n) {
          if (of(self).free < n) return 0;
          of(self).free -= n;
          of(self).reserved += n;
          return 1;
        },
    .unreserve =
        [](void* self, std::uint64_t n) {
          of(self).reserved -= n;
          of(self).free += n;
        },
    .allocate =
        [](void* self, std::uint64_t, std::uint64_t, std::uint64_t* start, std::uint64_t* length) {
          for (*start = 0; of(self).granted[*start];) ++*start;
          *length = 1;
          of(self).granted[*start] = true;
          --of(self).reserved;
          return 1;
        },
    .release =
        [](void* self, std::uint64_t start, std::uint64_t length) {
          for (std::uint64_t b = start; b < start + length; ++b) of(self).granted[b] = false;
          of(self).free += length;
        },
    .blocks = [](const void* self) -> std::uint64_t { return of(self).granted.size(); },
    .free_blocks = [](const void* self) { return of(self).free; },
    .reserved_blocks = [](const void* self) { return of(self).reserved; },
};

}  // namespace

// What quire_allocator_table() returned then.
extern "C" const quire_allocator_functions_v1* table_of_version_1() __asm__(
    "quire_allocator_table");
const quire_allocator_functions_v1* table_of_version_1() { return &table; }
