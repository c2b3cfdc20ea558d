// The table of copy kernels, and which of them serves this machine.
#include "impl/user_memory/copy/copy_engine.h"

#include "impl/user_memory/copy/copy_portable.h"
#include "impl/user_memory/copy/fault_handler.h"

#include <algorithm>
#include <array>
#include <new>

namespace quire::impl {
namespace {

#if defined(__x86_64__)

// Symbols of copy_<target>.S.
extern "C" {
[[gnu::visibility("hidden")]] FaultingCopy quire_copy_sse2, quire_stream_sse2;
[[gnu::visibility("hidden")]] FaultingCopy quire_copy_avx2, quire_stream_avx2;
[[gnu::visibility("hidden")]] FaultingCopy quire_copy_avx512, quire_stream_avx512;
[[gnu::visibility("hidden")]] extern const FaultRange quire_ranges_sse2[3];
[[gnu::visibility("hidden")]] extern const FaultRange quire_ranges_avx2[3];
[[gnu::visibility("hidden")]] extern const FaultRange quire_ranges_avx512[3];
}

bool has_sse2() { return true; }

bool has_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

bool has_avx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

#endif

bool everywhere() { return true; }

constexpr std::array kEngines = {
#if defined(__x86_64__)
    CopyEngine{"avx512", has_avx512, quire_copy_avx512, quire_stream_avx512, quire_ranges_avx512},
    CopyEngine{"avx2", has_avx2, quire_copy_avx2, quire_stream_avx2, quire_ranges_avx2},
    CopyEngine{"sse2", has_sse2, quire_copy_sse2, quire_stream_sse2, quire_ranges_sse2},
#endif
    CopyEngine{"portable", everywhere, copy_portable, copy_portable, {}},
};

}  // namespace

std::span<const CopyEngine> copy_engines() { return kEngines; }

const CopyEngine& copy_engine() {
  static const CopyEngine& chosen = [] -> const CopyEngine& {
    if (install_fault_handler() != 0) throw std::bad_alloc();
    return *std::ranges::find_if(kEngines, [](const CopyEngine& e) { return e.supported(); });
  }();
  return chosen;
}

}  // namespace quire::impl
