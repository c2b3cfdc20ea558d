// The copy kernel for AVX-512 (F and VL): 64-byte vectors, one cache line each.
//
// It uses registers 16 to 24 only: their upper halves cost SSE code nothing, so it may leave
// without a vzeroupper.
#if defined(__x86_64__)
#define NAME(what) quire_##what##_avx512
#define VECTOR 64
#define BLOCK 256
#define UPPER_0 16
#define UPPER_1 17
#define UPPER_2 18
#define UPPER_3 19
#define UPPER_8 24
#define JOIN(a, b) a##b
#define REGISTER(kind, r) JOIN(kind, r)
#define LOAD(r, at) vmovdqu64 at, %REGISTER(zmm, UPPER_##r)
#define STORE(r, at) vmovdqu64 %REGISTER(zmm, UPPER_##r), at
#define STREAM(r, at) vmovntdq %REGISTER(zmm, UPPER_##r), at
#define LOAD_YMM(r, at) vmovdqu64 at, %REGISTER(ymm, UPPER_##r)
#define STORE_YMM(r, at) vmovdqu64 %REGISTER(ymm, UPPER_##r), at
#define LOAD_XMM(r, at) vmovdqu64 at, %REGISTER(xmm, UPPER_##r)
#define STORE_XMM(r, at) vmovdqu64 %REGISTER(xmm, UPPER_##r), at
#define LEAVE
#include "impl/user_memory/copy/kernel_x86.inc"
#endif
  .section .note.GNU-stack, "", %progbits
