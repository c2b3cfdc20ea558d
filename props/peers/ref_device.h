// A device in memory beneath a volume of ref.
#pragma once

#include "props/device/memory_device.h"
#include "props/differential/large_devices.h"
#include "ref/device/device.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::props {

class RefDevice final : public ref::Device {
 public:
  static constexpr std::uint32_t kSectorSize = 512;

  /// bytes: its size, a multiple of kSectorSize, at most kLargeDeviceBytes.
  explicit RefDevice(std::uint64_t bytes)
      : size_(bytes), device_(2 * kLargeDeviceBytes, kSectorSize) {}

  std::uint64_t size() const override { return size_; }
  std::uint64_t sector_size() const override { return device_.sector_size(); }
  int read(std::uint64_t pos, std::span<std::byte> to) override { return device_.read_at(pos, to); }
  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    return device_.write_at(pos, from);
  }
  int flush() override { return device_.flush(); }

  DeviceCounts counts() const { return device_.counts(); }
  /// MemoryDevice's: what a power cut would leave, and whether it would take anything away.
  void read_medium(std::uint64_t pos, std::span<std::byte> to) const {
    device_.read_medium(pos, to);
  }
  bool is_unflushed(std::uint64_t pos, std::uint64_t length) const {
    return device_.is_unflushed(pos, length);
  }

  /// Poisons every written sector again. bytes: the new size, as above.
  void renew(std::uint64_t bytes) {
    device_.repoison();
    size_ = bytes;
  }

 private:
  std::uint64_t size_;
  MemoryDevice device_;
};

}  // namespace quire::props
