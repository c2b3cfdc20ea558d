// The faulting copy, on the engine of this machine or by the system.
#include "impl/user_memory/copy/copy.h"

#include "impl/user_memory/copy/copy_by_system.h"
#include "impl/user_memory/copy/fault_watch.h"
#include "impl/user_memory/copy/ranges.h"

#include <unistd.h>

#include <cstdint>

namespace quire::impl {
namespace {

std::size_t fault_in_by_engine(const void* from, std::size_t n) {
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const CopyEngine& engine = copy_engine();
  const auto start = reinterpret_cast<std::uintptr_t>(from);
  std::size_t readable = 0;
  while (readable < n) {
    unsigned char byte;
    // An integer until here: the pointer may lie outside every object.
    if (engine.copy(&byte, reinterpret_cast<const void*>(start + readable), 1) == 0) break;
    readable += bytes_in_page<std::uint64_t>(start + readable, n - readable, page_bytes);
  }
  return n - readable;
}

}  // namespace

std::size_t copy_from_user(void* to, const void* from, std::size_t n) {
  if (fault_watch.by_system) [[unlikely]] {
    if (const auto copied = copy_from_user_by_system(to, from, n)) return *copied;
  }
  const CopyEngine& engine = copy_engine();
  return n >= kStreamBytesMin ? engine.stream(to, from, n) : engine.copy(to, from, n);
}

std::size_t copy_to_user(void* to, const void* from, std::size_t n) {
  if (fault_watch.by_system) [[unlikely]] {
    if (const auto copied = copy_to_user_by_system(to, from, n)) return *copied;
  }
  return copy_engine().copy(to, from, n);
}

std::size_t fault_in_readable(const void* from, std::size_t n) {
  if (fault_watch.by_system) [[unlikely]] {
    if (const auto unreadable = fault_in_readable_by_system(from, n)) return *unreadable;
  }
  return fault_in_by_engine(from, n);
}

}  // namespace quire::impl
