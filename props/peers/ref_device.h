// A device in memory beneath a volume of ref.
#pragma once

#include "props/device/memory_device.h"
#include "ref/device/device.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::props {

class RefDevice final : public ref::Device {
 public:
  static constexpr std::uint32_t kSectorSize = 512;

  /// bytes: a multiple of kSectorSize.
  explicit RefDevice(std::uint64_t bytes) : device_(bytes, kSectorSize) {}

  std::uint64_t size() const override { return device_.size(); }
  std::uint64_t sector_size() const override { return device_.sector_size(); }
  int read(std::uint64_t pos, std::span<std::byte> to) override { return device_.read_at(pos, to); }
  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    return device_.write_at(pos, from);
  }
  int flush() override { return device_.flush(); }

  /// Poisons every written sector again.
  void repoison() { device_.repoison(); }

 private:
  MemoryDevice device_;
};

}  // namespace quire::props
