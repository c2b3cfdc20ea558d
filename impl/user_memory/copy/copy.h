// The copy that survives a fault, as copy_from_user() of a kernel does.
//
// Thread rules: every function may run in any number of threads, and in a signal handler once
// install_fault_handler() has returned. After the first call, which does that and chooses the
// engine, none allocates, locks or makes a system call, except where a fault is taken.
#pragma once

#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/fault_handler.h"

#include <cstddef>

namespace quire::impl {

/// From how many bytes on copy_from_user() stores past the caches.
///
/// Measured in GB/s with the AVX-512 engine on a Xeon of 2 MiB L2 (Sapphire Rapids), in order
/// ordinary and non-temporal stores: 64 KiB at a time into a target of 256 MiB 10.5 and 22.0, 256
/// KiB 10.6 and 23.2, 1 MiB 10 and 23.5; 256 KiB into 8 MiB 28 and 23.5; 16 KiB into 512 KiB 62
/// and 19. Ordinary stores win by a factor of three while the target is in L2, which only short
/// copies can expect; from a good part of L2 on they win little at best and lose half at worst.
inline constexpr std::size_t kStreamBytesMin = std::size_t{256} << 10;

/// Copies up to n bytes from memory that may be inaccessible.
///
/// Returns the bytes copied, counted from the start: n, or the offset of the first byte that could
/// not be read (PROT_NONE, unmapped, behind the end of a truncated file, not a canonical address,
/// poisoned by the hardware). Writes [to, to + returned) and no other byte. Non-temporal stores are
/// ordered before every later store of the thread, whatever the count.
///
/// The ranges must not overlap. If another thread writes to the source meanwhile, each byte copied
/// is its old or its new value; if it unmaps the source, the count is still of the bytes written.
/// Waits where the system resolves the fault itself (a page to be read in, userfaultfd). After IT-5
/// of the model.
[[nodiscard]] std::size_t copy_from_user(void* to, const void* from, std::size_t n);

/// Copies up to n bytes to memory that may be inaccessible or read-only, with ordinary stores: the
/// caller reads it soon. Otherwise as copy_from_user().
[[nodiscard]] std::size_t copy_to_user(void* to, const void* from, std::size_t n);

/// Makes [from, from + n) present by reading one byte of each of its pages.
///
/// Returns how many bytes, from the first inaccessible one to the end, could not be made readable:
/// 0 if all can, n if the first byte cannot. Makes no system call where the pages are present.
/// After IT-4 of the model.
[[nodiscard]] std::size_t fault_in_readable(const void* from, std::size_t n);

}  // namespace quire::impl
