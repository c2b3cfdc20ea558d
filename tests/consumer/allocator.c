/* An allocator in C, for quire-check --allocator: it has no block to give. */
#include <quire/allocator_table.h>

#include <stddef.h>

static void* make(uint64_t blocks) {
  (void)blocks;
  return NULL;
}

static const quire_allocator_functions table = {
    .version = QUIRE_ALLOCATOR_TABLE_VERSION, .make = make};

const quire_allocator_functions* quire_allocator_table(void) { return &table; }
