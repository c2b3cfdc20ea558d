// A volume on a device in memory, for tests of the surface.
#pragma once

#include <quire/quire.h>

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quire::tests {

/// A device in memory that never fails.
class PlainMemoryDevice final : public BlockDevice {
 public:
  explicit PlainMemoryDevice(std::uint64_t bytes) : bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_.size(); }
  std::uint32_t sector_size() const override { return 512; }
  const std::string& name() const override { return name_; }
  int read(std::span<const DeviceRun> runs) override {
    for (const DeviceRun& run : runs) {
      const std::byte* from = bytes_.data() + run.device_pos;
      for (const iovec& s : run.segments) {
        std::memcpy(s.iov_base, from, s.iov_len);
        from += s.iov_len;
      }
    }
    return 0;
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      results[i] = 0;
      std::byte* to = bytes_.data() + runs[i].device_pos;
      for (const iovec& s : runs[i].segments) {
        std::memcpy(to, s.iov_base, s.iov_len);
        to += s.iov_len;
      }
    }
  }
  int flush() override { return 0; }

 private:
  std::vector<std::byte> bytes_;
  std::string name_ = "memory";
};

inline Volume volume_in_memory(std::uint64_t bytes = 16 << 20) {
  return Volume::open(std::make_shared<PlainMemoryDevice>(bytes)).value();
}

inline ssize_t write_at(File& file, off_t pos, const void* from, std::size_t n) {
  const iovec whole{const_cast<void*>(from), n};
  return file.pwritev2(&whole, 1, pos, 0);
}

inline ssize_t read_at(File& file, off_t pos, void* to, std::size_t n) {
  const iovec whole{to, n};
  return file.preadv2(&whole, 1, pos, 0);
}

}  // namespace quire::tests
