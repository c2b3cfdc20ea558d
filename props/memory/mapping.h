// A piece of the address space, handed out in whole pages.
#pragma once

#include <cstddef>
#include <utility>

namespace quire::props {

inline constexpr std::size_t kPage = 4096;

/// The pages that `bytes` bytes need.
constexpr std::size_t pages_of(std::size_t bytes) { return (bytes + kPage - 1) / kPage; }

/// Throws std::system_error of errno unless a system call succeeded. what: its name.
void check_call(bool succeeded, const char* what);

/// Anonymous private memory. Pages are taken from the front and given back all together; they keep
/// their bytes. Costs memory only for pages that were touched. Not thread-safe.
class Mapping {
 public:
  /// bytes: a multiple of kPage. protection: PROT_*. Throws std::system_error.
  Mapping(std::size_t bytes, int protection);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  std::byte* data() const { return base_; }
  std::size_t size() const { return bytes_; }
  std::size_t used() const { return used_; }

  /// The next `count` pages, contiguous. Throws std::length_error when there are fewer.
  std::byte* take(std::size_t count);
  void give_back() { used_ = 0; }

 private:
  std::byte* base_;
  std::size_t bytes_;
  std::size_t used_ = 0;
};

}  // namespace quire::props
