// Memory that ends at a byte which cannot be touched.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace quire::tests {

/// `size` bytes whose end is the end of what may be read and written. Behind it lies a page without
/// access, or one past the end of the mapped file, where a plain load is a SIGBUS.
class EdgeBuffer {
 public:
  enum class Edge { no_access, past_the_file };

  explicit EdgeBuffer(std::uint64_t size, Edge edge = Edge::no_access)
      : size_(size), good_((size + kPage - 1) / kPage * kPage) {
    const bool is_file = edge == Edge::past_the_file;
    const int fd = is_file ? ::memfd_create("edge", MFD_CLOEXEC) : -1;
    if (is_file && ::ftruncate(fd, static_cast<off_t>(good_)) != 0) throw std::runtime_error("fd");
    void* start = ::mmap(
        nullptr, good_ + kPage, PROT_READ | PROT_WRITE,
        is_file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
    if (is_file) ::close(fd);
    if (start == MAP_FAILED) throw std::runtime_error("mmap");
    start_ = static_cast<std::byte*>(start);
    if (!is_file) ::mprotect(start_ + good_, kPage, PROT_NONE);
  }
  ~EdgeBuffer() { ::munmap(start_, good_ + kPage); }
  EdgeBuffer(const EdgeBuffer&) = delete;
  EdgeBuffer& operator=(const EdgeBuffer&) = delete;

  std::byte* data() const { return start_ + (good_ - size_); }
  std::byte* edge() const { return start_ + good_; }
  std::uint64_t size() const { return size_; }
  void fill(std::byte value) { std::memset(data(), static_cast<int>(value), size_); }

 private:
  static constexpr std::uint64_t kPage = 4096;

  std::uint64_t size_;
  std::uint64_t good_;  ///< bytes of the mapping before the edge
  std::byte* start_ = nullptr;
};

}  // namespace quire::tests
