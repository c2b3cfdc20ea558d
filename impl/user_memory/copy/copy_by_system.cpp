// The system counts whole elements of an array of segments: each holds bytes of one page only.
#include "impl/user_memory/copy/copy_by_system.h"

#include "impl/user_memory/copy/ranges.h"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace quire::impl {
namespace {

constexpr std::size_t kPagesAtOnce = 64;

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

/// The segments of the caller's memory for one system call.
struct Pages {
  std::array<iovec, kPagesAtOnce> segments;
  std::size_t count = 0;
  std::size_t bytes = 0;  ///< from the first to behind the last

  /// most: bytes of each page at most.
  Pages(std::uintptr_t start, std::size_t n, std::size_t most) {
    while (bytes < n && count < kPagesAtOnce) {
      const std::size_t piece =
          bytes_in_page<std::uint64_t>(start + bytes, n - bytes, page_bytes());
      // An integer until here: the pointer may lie outside every object.
      segments[count++] = {reinterpret_cast<void*>(start + bytes), piece < most ? piece : most};
      bytes += piece;
    }
  }
};

using SystemCall =
    ssize_t(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

/// Calls ours(offset) for our side of the copy. Returns the bytes of whole pages that could be
/// moved, and all if all could.
std::optional<std::size_t> move(
    SystemCall* system_call, std::byte* ours, std::uintptr_t theirs, std::size_t n) {
  std::size_t moved = 0;
  while (moved < n) {
    const Pages pages(theirs + moved, n - moved, page_bytes());
    const iovec local{ours + moved, pages.bytes};
    const ssize_t answer =
        system_call(::getpid(), &local, 1, pages.segments.data(), pages.count, 0);
    if (answer < 0 && errno != EFAULT && moved == 0) return std::nullopt;
    if (answer <= 0) break;
    moved += static_cast<std::size_t>(answer);
  }
  return moved;
}

/// Whether the system takes an empty segment there.
bool is_user_address(std::uint64_t address) {
  const iovec segment{reinterpret_cast<void*>(address), 0};
  return ::process_vm_readv(::getpid(), &segment, 1, nullptr, 0, 0) == 0 || errno != EFAULT;
}

/// The last address that the system takes, which differs between machines; the last of all where
/// it cannot be asked.
std::uint64_t find_last_user_address() {
  std::uint64_t last = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t next = last | std::uint64_t{1} << bit;
    if (is_user_address(next)) last = next;
  }
  return last;
}

}  // namespace

std::optional<std::size_t> copy_from_user_by_system(void* to, const void* from, std::size_t n) {
  return move(
      ::process_vm_readv, static_cast<std::byte*>(to), reinterpret_cast<std::uintptr_t>(from), n);
}

std::optional<std::size_t> copy_to_user_by_system(void* to, const void* from, std::size_t n) {
  auto* const ours = static_cast<std::byte*>(const_cast<void*>(from));  // is only read
  return move(::process_vm_writev, ours, reinterpret_cast<std::uintptr_t>(to), n);
}

std::optional<std::size_t> fault_in_readable_by_system(const void* from, std::size_t n) {
  const auto start = reinterpret_cast<std::uintptr_t>(from);
  std::array<std::byte, kPagesAtOnce> bytes;
  std::size_t readable = 0;
  while (readable < n) {
    const Pages pages(start + readable, n - readable, 1);
    const iovec local{bytes.data(), pages.count};
    const ssize_t answer =
        ::process_vm_readv(::getpid(), &local, 1, pages.segments.data(), pages.count, 0);
    if (answer < 0 && errno != EFAULT) return std::nullopt;
    for (ssize_t page = 0; page < answer; ++page) {
      readable += bytes_in_page<std::uint64_t>(start + readable, n - readable, page_bytes());
    }
    if (answer < static_cast<ssize_t>(pages.count)) break;
  }
  return n - readable;
}

bool is_no_user_range(const void* start, std::uint64_t n) {
  static const std::uint64_t last = find_last_user_address();
  return n > last || reinterpret_cast<std::uintptr_t>(start) > last - n;
}

}  // namespace quire::impl
