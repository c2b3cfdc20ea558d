// The copy kernel for every machine: plain loops that a signal handler can jump out of.
#include "impl/user_memory/copy/copy_portable.h"

#include "impl/user_memory/copy/ranges.h"

#include <algorithm>
#include <atomic>

namespace quire::impl {

// The linker's names for the two ends of the section that has the loops alone.
extern "C" {
[[gnu::visibility("hidden")]] extern const char __start_quire_copy_portable[];
[[gnu::visibility("hidden")]] extern const char __stop_quire_copy_portable[];
}

[[gnu::tls_model("initial-exec")]] constinit thread_local RecoveryPoint* recovery_point = nullptr;

namespace {

/// A word at any address.
struct [[gnu::packed, gnu::may_alias]] Word {
  std::uint64_t value;
};

constexpr std::size_t kWordBytes = sizeof(Word);
constexpr std::size_t kBlockWords = 8;
constexpr std::size_t kBlockBytes = kBlockWords * kWordBytes;

// The loops touch memory that is not the program's: sanitizers must not look at it first.
#define QUIRE_LOOP \
  __attribute__((  \
      noinline, section("quire_copy_portable"), no_sanitize("address", "undefined", "thread")))

/// Goes on byte by byte from point.copied to `end`. Volatile: a byte is counted after it is stored,
/// and no two are joined into one access.
QUIRE_LOOP void copy_bytes(RecoveryPoint& point, std::size_t end) {
  const auto* from = reinterpret_cast<const volatile unsigned char*>(point.from);
  auto* to = reinterpret_cast<volatile unsigned char*>(point.to);
  for (std::size_t i = point.copied; i < end; ++i) {
    to[i] = from[i];
    point.copied = i + 1;
  }
}

/// A block is loaded before any of it is stored, and stored in ascending aligned words: an aligned
/// word lies in one page, so that after a fault nothing is stored from the inaccessible byte on.
QUIRE_LOOP void copy_words(RecoveryPoint& point) {
  const std::size_t unaligned = bytes_to_multiple<std::uint64_t>(point.to, kWordBytes);
  copy_bytes(point, std::min(unaligned, point.n));
  for (std::size_t i = point.copied; point.n - i >= kBlockBytes; i += kBlockBytes) {
    const auto* from = reinterpret_cast<const volatile Word*>(point.from + i);
    auto* to = reinterpret_cast<volatile Word*>(point.to + i);
    std::uint64_t block[kBlockWords];
#pragma GCC unroll 8
    for (std::size_t w = 0; w < kBlockWords; ++w) block[w] = from[w].value;
#pragma GCC unroll 8
    for (std::size_t w = 0; w < kBlockWords; ++w) to[w].value = block[w];
    point.copied = i + kBlockBytes;
  }
  copy_bytes(point, point.n);
}

#undef QUIRE_LOOP

}  // namespace

std::pair<std::uintptr_t, std::uintptr_t> portable_instructions() {
  return {
      reinterpret_cast<std::uintptr_t>(__start_quire_copy_portable),
      reinterpret_cast<std::uintptr_t>(__stop_quire_copy_portable)};
}

std::size_t copy_portable(void* to, const void* from, std::size_t n) {
  if (n == 0) return 0;
  RecoveryPoint point{
      .back = {},
      .to = reinterpret_cast<std::uintptr_t>(to),
      .from = reinterpret_cast<std::uintptr_t>(from),
      .n = n,
      .copied = 0,
      .by_bytes = false,
      .outer = recovery_point};
  // The signal mask is not saved here, which would be a system call: the handler restores it.
  if (sigsetjmp(point.back, 0) == 0) {
    recovery_point = &point;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    copy_words(point);
  } else if (sigsetjmp(point.back, 0) == 0) {
    point.by_bytes = true;
    copy_bytes(point, n);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  recovery_point = point.outer;
  return point.copied;
}

}  // namespace quire::impl
