// Memory that is used again and again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

namespace quire::props {

/// Bytes for one use after another: large memory that is allocated for each is paid for in page
/// faults.
class Scratch {
 public:
  /// `n` bytes of any value, good until the next call.
  std::span<std::byte> bytes(std::size_t n) {
    if (size_ < n) {
      size_ = std::max(n, 2 * size_);
      bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    }
    return {bytes_.get(), n};
  }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace quire::props
