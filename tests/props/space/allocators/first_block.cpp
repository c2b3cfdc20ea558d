// An allocator as a shared object; each -D builds one with a different fault.
#include <quire/allocator_table.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

/// Grants one block at a time, the first that is free.
struct FirstBlock {
  std::vector<bool> granted;
  std::uint64_t reserved = 0;

  std::uint64_t free() const {
    return static_cast<std::uint64_t>(std::count(granted.begin(), granted.end(), false)) - reserved;
  }
};

FirstBlock& of(void* self) { return *static_cast<FirstBlock*>(self); }
const FirstBlock& of(const void* self) { return *static_cast<const FirstBlock*>(self); }

const quire_allocator_functions functions{
#ifdef BUILT_LONG_AGO
    .version = 0,
#else
    .version = QUIRE_ALLOCATOR_TABLE_VERSION,
#endif
    .make = [](std::uint64_t blocks) -> void* {
      return new FirstBlock{std::vector<bool>(static_cast<std::size_t>(blocks))};
    },
    .destroy = [](void* self) { delete &of(self); },
    .reserve =
        [](void* self, std::uint64_t n) {
          if (of(self).free() < n) return 0;
          of(self).reserved += n;
          return 1;
        },
    .unreserve = [](void* self, std::uint64_t n) { of(self).reserved -= n; },
    .allocate =
        [](void* self, std::uint64_t, std::uint64_t, std::uint64_t* start, std::uint64_t* length) {
          auto& granted = of(self).granted;
          const auto block = std::find(granted.begin(), granted.end(), false);
          *start = static_cast<std::uint64_t>(block - granted.begin());
          *length = 1;
          *block = true;
          --of(self).reserved;
          return 1;
        },
#ifdef LACKS_RELEASE
    .release = nullptr,
#else
    .release =
        [](void* self, std::uint64_t start, std::uint64_t length) {
#ifdef LOSES_THE_FIRST_BLOCK
          if (start == 0) return;
#endif
#ifdef CRASHES_ON_THE_FIRST_BLOCK
          if (start == 0) std::abort();
#endif
#ifdef WAITS_FOR_THE_FIRST_BLOCK
          if (start == 0) std::atomic<int>(0).wait(0);
#endif
          for (std::uint64_t b = start; b < start + length; ++b)
            of(self).granted[static_cast<std::size_t>(b)] = false;
        },
#endif
    .blocks = [](const void* self) -> std::uint64_t { return of(self).granted.size(); },
    .free_blocks = [](const void* self) { return of(self).free(); },
    .reserved_blocks = [](const void* self) { return of(self).reserved; },
};

}  // namespace

#ifndef DEFINES_NO_TABLE
const quire_allocator_functions* quire_allocator_table() { return &functions; }
#else
[[maybe_unused]] const quire_allocator_functions* const unused = &functions;
#endif
