// The copy kernel for AVX2: 32-byte vectors.
#if defined(__x86_64__)
#define NAME(what) quire_##what##_avx2
#define VECTOR 32
#define BLOCK 256
#define LOAD(r, at) vmovdqu at, %ymm##r
#define STORE(r, at) vmovdqu %ymm##r, at
#define STREAM(r, at) vmovntdq %ymm##r, at
#define LOAD_XMM(r, at) vmovdqu at, %xmm##r
#define STORE_XMM(r, at) vmovdqu %xmm##r, at
#define LEAVE vzeroupper
#include "impl/user_memory/copy/kernel_x86.inc"
#endif
  .section .note.GNU-stack, "", %progbits
