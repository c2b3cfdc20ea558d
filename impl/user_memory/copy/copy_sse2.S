// The copy kernel for every x86-64: 16-byte vectors.
#if defined(__x86_64__)
#define NAME(what) quire_##what##_sse2
#define VECTOR 16
#define BLOCK 128
#define LOAD(r, at) movups at, %xmm##r
#define STORE(r, at) movups %xmm##r, at
#define STREAM(r, at) movntps %xmm##r, at
#define LEAVE
#include "impl/user_memory/copy/kernel_x86.inc"
#endif
  .section .note.GNU-stack, "", %progbits
