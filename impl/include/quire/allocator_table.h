// A block allocator as a table of functions, for a shared object in any language:
//
//     quire-check --suite 'allocator-*' --allocator ./mine.so
//
// loads the object, calls quire_allocator_table() once, and checks the allocators that it makes
// against the laws of quire::BlockAllocator (block_allocator.h). Plain C99.
// Since: 0.1.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QUIRE_ALLOCATOR_TABLE_VERSION 1

// Each function has the effect that block_allocator.h gives for the one of the same name. All
// numbers count blocks. No function may be null, throw or keep `self` beyond destroy. Calls come
// from one thread at a time.
typedef struct quire_allocator_functions {
  uint32_t version;  // QUIRE_ALLOCATOR_TABLE_VERSION of the header it was built with

  // An allocator for a device of `blocks` blocks, 1 or more, all free; null if memory ran out.
  void* (*make)(uint64_t blocks);
  void (*destroy)(void* self);

  // Reserves n blocks: 1, or 0 and no change where fewer are free.
  int (*reserve)(void* self, uint64_t n);
  // Releases n reserved blocks; n is at most the number reserved.
  void (*unreserve)(void* self, uint64_t n);
  // Turns 1 to `want` reserved blocks into the extent *start, *length, near block `goal`: 1, or 0
  // where it cannot. want is from 1 to the number reserved.
  int (*allocate)(void* self, uint64_t want, uint64_t goal, uint64_t* start, uint64_t* length);
  // Frees an extent, or any part of one, that allocate granted.
  void (*release)(void* self, uint64_t start, uint64_t length);

  // free + reserved + granted == blocks, after every call.
  uint64_t (*blocks)(const void* self);
  uint64_t (*free_blocks)(const void* self);
  uint64_t (*reserved_blocks)(const void* self);
} quire_allocator_functions;

// The function that the shared object defines. The table must live as long as the object is loaded.
// Since: 0.1.
const quire_allocator_functions* quire_allocator_table(void);

#ifdef __cplusplus
}
#endif
