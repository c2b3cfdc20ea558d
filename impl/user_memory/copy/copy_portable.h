// The copy kernel for every machine, and how the fault handler finds its way back into it.
#pragma once

#include <setjmp.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace quire::impl {

/// Copies word by word; after a fault byte by byte up to the inaccessible one. Costs a sigsetjmp()
/// a call. A signal handler that interrupts it may copy too, but must not leave by siglongjmp().
std::size_t copy_portable(void* to, const void* from, std::size_t n);

/// Where a portable copy goes on after a fault, and which addresses it may fault at.
struct RecoveryPoint {
  sigjmp_buf back;
  std::uintptr_t to;
  std::uintptr_t from;
  std::size_t n;                ///< bytes
  volatile std::size_t copied;  ///< bytes, all of them before any that may have been copied since
  volatile bool by_bytes;       ///< it has faulted, and goes on with one byte after another
  RecoveryPoint* outer;  ///< of the copy that a signal interrupted in favour of this one, or null
};

/// The first of the instructions that touch the bytes of a portable copy, and behind the last.
std::pair<std::uintptr_t, std::uintptr_t> portable_instructions();

inline bool is_portable_instruction(std::uintptr_t address) {
  const auto [first, end] = portable_instructions();
  return first <= address && address < end;
}

/// The copy that this thread is in, or null. The handler reads it, so that its storage must be
/// there without a call to the allocator: initial-exec, and no dynamic initialisation.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local RecoveryPoint* recovery_point;

}  // namespace quire::impl
