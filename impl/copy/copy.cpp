// The faulting copy by hint and size, on the engine of this machine.
#include "impl/copy/copy.h"

#include "impl/copy/ranges.h"

#include <unistd.h>

#include <cstdint>

namespace quire::impl {

std::size_t copy_from_user(void* to, const void* from, std::size_t n, CopyHint hint) {
  const CopyEngine& engine = copy_engine();
  const bool streams =
      hint == CopyHint::stream || (hint == CopyHint::by_size && n >= kStreamBytesMin);
  return streams ? engine.stream(to, from, n) : engine.copy(to, from, n);
}

std::size_t copy_to_user(void* to, const void* from, std::size_t n, CopyHint hint) {
  return copy_from_user(to, from, n, hint);
}

std::size_t fault_in_readable(const void* from, std::size_t n) {
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

}  // namespace quire::impl
