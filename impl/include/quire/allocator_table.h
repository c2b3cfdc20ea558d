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

#define QUIRE_ALLOCATOR_TABLE_VERSION 2

// Powers: what an allocator can do beyond the plain functions, each as quire::AllocatorPower says
// (allocator_powers.h). The laws demand those that the table declares, and no others.
#define QUIRE_ALLOCATOR_RELEASES_PARTS 0x001u   // release() of a part of a granted extent
#define QUIRE_ALLOCATOR_RELEASES_JOINED 0x002u  // release() of several extents in a row
#define QUIRE_ALLOCATOR_HONOURS_GOAL 0x004u     // a free goal with room is granted
#define QUIRE_ALLOCATOR_FINDS_RUNS 0x008u       // allocate() finds room wherever there is some
#define QUIRE_ALLOCATOR_ANY_SIZE 0x010u         // memory follows what is granted
#define QUIRE_ALLOCATOR_MARKS_USED 0x020u       // mark_used
#define QUIRE_ALLOCATOR_SHARES 0x040u           // share, owners
#define QUIRE_ALLOCATOR_RESIZES 0x080u          // resize
#define QUIRE_ALLOCATOR_PERSISTS 0x100u         // save, restore

// A run of blocks of the device; length is at least 1.
typedef struct quire_extent {
  uint64_t start;
  uint64_t length;
} quire_extent;

// A call of allocate, in blocks.
typedef struct quire_allocation_request {
  uint64_t want;       // at most this many in all; from 1 to the number reserved
  uint64_t goal;       // the best place; may lie behind the device
  uint64_t minimum;    // each granted extent is at least this long; from 1 to want
  uint64_t alignment;  // each one starts at a multiple of this power of two
} quire_allocation_request;

// The functions of powers; null where the power is not declared.
typedef struct quire_allocator_power_functions {
  int (*mark_used)(void* self, uint64_t start, uint64_t length);
  int (*share)(void* self, uint64_t start, uint64_t length);
  uint64_t (*owners)(const void* self, uint64_t block);
  int (*resize)(void* self, uint64_t blocks);
  // Returns the size of the image in bytes, and stores it where it has at most `capacity`.
  uint64_t (*save)(const void* self, void* image, uint64_t capacity);
  int (*restore)(void* self, const void* image, uint64_t size);
} quire_allocator_power_functions;

// Each function has the effect that block_allocator.h gives for the one of the same name. All
// numbers count blocks. No function may throw or keep `self` beyond destroy. Calls come from one
// thread at a time. A function that answers int answers 1, or 0 where it could not and has changed
// nothing.
typedef struct quire_allocator_functions {
  uint32_t version;  // QUIRE_ALLOCATOR_TABLE_VERSION of the header it was built with
  uint32_t powers;   // QUIRE_ALLOCATOR_..., or 0

  // An allocator for a device of `blocks` blocks, 1 or more, all free; null if memory ran out.
  void* (*make)(uint64_t blocks);
  void (*destroy)(void* self);

  // Reserves n blocks; 0 where fewer are free.
  int (*reserve)(void* self, uint64_t n);
  // Releases n reserved blocks; n is at most the number reserved.
  void (*unreserve)(void* self, uint64_t n);
  // Turns 1 to `want` reserved blocks into extents. Stores at most `places` of them, from
  // extents[0] on, and returns how many; 0 where it cannot. places is at least 1.
  uint64_t (*allocate)(
      void* self, const quire_allocation_request* request, quire_extent* extents, uint64_t places);
  // Frees an extent that allocate granted.
  void (*release)(void* self, uint64_t start, uint64_t length);

  // free + reserved + granted == blocks, after every call.
  uint64_t (*blocks)(const void* self);
  uint64_t (*free_blocks)(const void* self);
  uint64_t (*reserved_blocks)(const void* self);

  // Null where no declared power has a function.
  const quire_allocator_power_functions* more;
} quire_allocator_functions;

// The function that the shared object defines. The table must live as long as the object is loaded.
// Since: 0.1.
const quire_allocator_functions* quire_allocator_table(void);

// Version 1 of the table, which quire-check still takes. Its allocate grants one extent, for which
// it knows no minimum and no alignment; its release takes parts.
typedef struct quire_allocator_functions_v1 {
  uint32_t version;  // 1
  void* (*make)(uint64_t blocks);
  void (*destroy)(void* self);
  int (*reserve)(void* self, uint64_t n);
  void (*unreserve)(void* self, uint64_t n);
  int (*allocate)(void* self, uint64_t want, uint64_t goal, uint64_t* start, uint64_t* length);
  void (*release)(void* self, uint64_t start, uint64_t length);
  uint64_t (*blocks)(const void* self);
  uint64_t (*free_blocks)(const void* self);
  uint64_t (*reserved_blocks)(const void* self);
} quire_allocator_functions_v1;

#ifdef __cplusplus
}
#endif
