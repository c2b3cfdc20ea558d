// Access to the caller's memory that stops at the first byte without access, and never crashes.
//
// The kernel is asked to move the bytes (process_vm_readv(2) on our own process), so that memory
// without access, or a mapping past the end of its file, is a short count and not a signal. Absent
// pages are faulted in, also under a folio lock: that is harmless as long as one thread at a time
// uses a volume (LK-4, LK-8).
//
// Memory must have the permission in its mapping: PROT_WRITE alone does not make it readable here,
// and mappings of devices never are. Where the process may not use these calls (a seccomp filter),
// every byte counts as unreadable. Any thread may call.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::ref {

/// While one lives, the memory that calls of this thread name is known to be there, and is copied
/// without a system call (Linux: ITER_KVEC). For a checker that reads a file into memory of its
/// own.
class KnownMemory {
 public:
  explicit KnownMemory(bool is_known = true);
  KnownMemory(const KnownMemory&) = delete;
  KnownMemory& operator=(const KnownMemory&) = delete;
  ~KnownMemory();

 private:
  bool before_;
};

/// Copies from the caller's `source` until the first byte that cannot be read. Returns the bytes
/// copied, 0..n; `to` is unchanged behind them (IT-5).
std::uint64_t copy_from_user(std::byte* to, const void* source, std::uint64_t n);

/// Copies to the caller's `target` until the first byte that cannot be written. Returns the bytes
/// copied, 0..n.
std::uint64_t copy_to_user(void* target, const std::byte* from, std::uint64_t n);

/// Whether all segments lie where a program's memory can be, be there any or not; the kernel's own
/// addresses do not. Up to 1024 of them, each of at most SSIZE_MAX bytes.
bool are_user_addresses(std::span<const iovec> segments);

/// Makes the `n` bytes at `source` readable, waiting where it must. Returns the bytes that could
/// not be, counted from the first failing byte: 0 when all are present, n when the first is not
/// (IT-4).
std::uint64_t fault_in_readable(const void* source, std::uint64_t n);

}  // namespace quire::ref
