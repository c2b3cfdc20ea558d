// A device in memory, full of old garbage, that fails on request.
#pragma once

#include "ref/device/device.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <set>
#include <vector>

namespace quire::tests {

class MemoryDevice final : public ref::Device {
 public:
  static constexpr std::byte kGarbage{0xee};

  /// Sizes in bytes.
  explicit MemoryDevice(std::uint64_t size, std::uint64_t sector_size = 512)
      : bytes(size, kGarbage), sector_size_(sector_size) {}

  std::uint64_t size() const override { return bytes.size(); }
  std::uint64_t sector_size() const override { return sector_size_; }

  int read(std::uint64_t pos, std::span<std::byte> to) override {
    if (!is_valid(pos, to.size())) return -EINVAL;
    ++reads;
    if (reads_fail) return -EIO;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(pos), to.size(), to.begin());
    return 0;
  }

  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    if (!is_valid(pos, from.size())) return -EINVAL;
    if (failing_writes.erase(++writes) != 0) return write_error;
    std::ranges::copy(from, bytes.begin() + static_cast<std::ptrdiff_t>(pos));
    return 0;
  }

  int flush() override {
    ++flushes;
    return flush_error;
  }

  std::vector<std::byte> bytes;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t flushes = 0;
  bool reads_fail = false;
  std::set<std::uint64_t> failing_writes;  ///< by number, the first write being 1; each fails once
  int write_error = -EIO;
  int flush_error = 0;

 private:
  bool is_valid(std::uint64_t pos, std::uint64_t length) const {
    return pos % sector_size_ == 0 && length % sector_size_ == 0 && pos <= bytes.size() &&
           length <= bytes.size() - pos;
  }

  std::uint64_t sector_size_;
};

}  // namespace quire::tests
