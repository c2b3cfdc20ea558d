// The copy kernels, one entry for each way to move bytes that was compiled in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::impl {

/// Instructions of a kernel that may fault, and where to go on if one does. Byte distances from the
/// start of the kernel's table, as the assembler lays them out.
struct FaultRange {
  std::int32_t begin;
  std::int32_t end;    ///< behind the last one
  std::int32_t fixup;  ///< reached with all registers as they were at the fault
};

/// A faulting copy returns how many of the first bytes it copied, and writes no others.
using FaultingCopy = std::size_t(void* to, const void* from, std::size_t n);

struct CopyEngine {
  const char* name;
  bool (*supported)();   ///< by this CPU and this operating system
  FaultingCopy* copy;    ///< ordinary stores
  FaultingCopy* stream;  ///< non-temporal stores if n is large enough to gain; fenced at return
  std::span<const FaultRange> ranges;  ///< empty where the kernel keeps a recovery point instead
};

/// All engines, the fastest first; the last is supported everywhere. A kernel may be called once
/// install_fault_handler() has returned.
[[nodiscard]] std::span<const CopyEngine> copy_engines();

/// The engine that copy_from_user() uses: the first one supported, chosen at the first call.
/// Installs the fault handler at that call, and throws std::bad_alloc where that cannot be done.
[[nodiscard]] const CopyEngine& copy_engine();

}  // namespace quire::impl
