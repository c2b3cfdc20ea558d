// The sound allocator of first_block.cpp; each -D builds one with a different fault.
#define quire_allocator_table sound_table
#include "tests/props/space/allocators/first_block.cpp"
#undef quire_allocator_table

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace {

/// Does at block 0 what the fault is.
[[maybe_unused]] void release_faulty(void* self, std::uint64_t block, std::uint64_t length) {
#ifdef LOSES_THE_FIRST_BLOCK
  if (block == 0) return;
#endif
#ifdef CRASHES_ON_THE_FIRST_BLOCK
  if (block == 0) std::abort();
#endif
#ifdef WAITS_FOR_THE_FIRST_BLOCK
  if (block == 0) std::atomic<int>(0).wait(0);
#endif
  release(self, block, length);
}

/// Stores one extent more than it has places for.
[[maybe_unused]] std::uint64_t allocate_behind(
    void* self, const quire_allocation_request* request, quire_extent* extents,
    std::uint64_t places) {
  extents[places] = {0, 1};
  return allocate(self, request, extents, places);
}

[[maybe_unused]] quire_allocator_functions faulty() {
  quire_allocator_functions f = *sound_table();
  f.release = release_faulty;
#ifdef STORES_BEHIND_ITS_PLACES
  f.allocate = allocate_behind;
#endif
#ifdef OF_VERSION
  f.version = OF_VERSION;
#endif
#ifdef LACKS_RELEASE
  f.release = nullptr;
#endif
#ifdef LACKS_SHARE
  f.powers = QUIRE_ALLOCATOR_SHARES;
#endif
#ifdef OF_UNKNOWN_POWER
  f.powers = 0x40000000u;
#endif
#ifdef MAKES_NONE
  f.make = [](std::uint64_t) -> void* { return nullptr; };
#endif
#ifdef THROWS_IN_MAKE
  f.make = [](std::uint64_t) -> void* { throw std::runtime_error("no map"); };
#endif
#ifdef COUNTS_32_BITS
  f.make = [](std::uint64_t n) { return make(static_cast<std::uint32_t>(n)); };
#endif
  return f;
}

}  // namespace

#ifndef DEFINES_NO_TABLE
extern "C" const quire_allocator_functions* quire_allocator_table() {
#ifdef HAS_NO_TABLE
  return nullptr;
#endif
  static const quire_allocator_functions table_of_faulty = faulty();
  return &table_of_faulty;
}
#endif
