// A block allocator as a table of functions, for a shared object in any language:
//
//     quire-check --suite 'allocator-*' --allocator ./mine.so
//
// loads the object, calls quire_allocator_table() once, and holds what it makes to the laws of
// quire::BlockAllocator (block_allocator.h), which says what each function must do. Plain C99.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QUIRE_ALLOCATOR_TABLE_VERSION 1

// No function may be null, throw or keep `self` beyond destroy. One thread at a time.
typedef struct quire_allocator_functions {
  uint32_t version;  // QUIRE_ALLOCATOR_TABLE_VERSION of the header it was built with

  // A device of `blocks` blocks, 1 or more, all free; null where there is no memory.
  void* (*make)(uint64_t blocks);
  void (*destroy)(void* self);

  // Promises n blocks without a place: 1, or 0 and no change where fewer are free.
  int (*reserve)(void* self, uint64_t n);
  // Takes back n promised blocks; n is at most what is reserved.
  void (*unreserve)(void* self, uint64_t n);
  // Turns 1 to `want` promised blocks into the extent *start, *length, near block `goal`: 1, or 0
  // where it cannot. want is from 1 to what is reserved.
  int (*allocate)(void* self, uint64_t want, uint64_t goal, uint64_t* start, uint64_t* length);
  // Takes back an extent, or any part of one, that allocate granted.
  void (*release)(void* self, uint64_t start, uint64_t length);

  // free + reserved + granted == blocks, after every call.
  uint64_t (*blocks)(const void* self);
  uint64_t (*free_blocks)(const void* self);
  uint64_t (*reserved_blocks)(const void* self);
} quire_allocator_functions;

// What the shared object defines. The table must live as long as the object is loaded.
const quire_allocator_functions* quire_allocator_table(void);

#ifdef __cplusplus
}
#endif
