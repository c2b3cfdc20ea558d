// Address space by mmap(2), without huge pages: faults come a page at a time.
#include "props/memory/mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace quire::props {

void check_call(bool succeeded, const char* what) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), what);
}

Mapping::Mapping(std::size_t bytes, int protection) : bytes_(bytes) {
  void* const base =
      ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check_call(base != MAP_FAILED, "mmap");
  ::madvise(base, bytes, MADV_NOHUGEPAGE);
  base_ = static_cast<std::byte*>(base);
}

Mapping::~Mapping() { ::munmap(base_, bytes_); }

std::byte* Mapping::take(std::size_t count) {
  if (count > (bytes_ - used_) / kPage) throw std::length_error("user memory: too many pages");
  return base_ + std::exchange(used_, used_ + count * kPage);
}

}  // namespace quire::props
