#include "device.h"

#include <cstring>
#include <vector>

namespace {

class MemoryDevice : public quire::BlockDevice {
 public:
  explicit MemoryDevice(std::uint64_t bytes) : bytes_(bytes) {
    if (bytes == 0) throw NoBytes();
  }
  std::uint64_t size() const override { return bytes_.size(); }
  std::uint32_t sector_size() const override { return 512; }
  const std::string& name() const override { return name_; }
  int read(std::span<const quire::DeviceRun> runs) override {
    for (const quire::DeviceRun& run : runs) {
      std::uint64_t at = run.device_pos;
      for (const iovec& segment : run.segments) {
        std::memcpy(segment.iov_base, &bytes_[at], segment.iov_len);
        at += segment.iov_len;
      }
    }
    return 0;
  }
  void write(std::span<const quire::DeviceRun> runs, std::span<int> results) override {
    for (const quire::DeviceRun& run : runs) {
      std::uint64_t at = run.device_pos;
      for (const iovec& segment : run.segments) {
        std::memcpy(&bytes_[at], segment.iov_base, segment.iov_len);
        at += segment.iov_len;
      }
    }
    for (int& result : results) result = 0;
  }
  int flush() override { return 0; }

 private:
  std::vector<char> bytes_;
  const std::string name_ = "memory";
};

}  // namespace

std::shared_ptr<quire::BlockDevice> make_memory_device(std::uint64_t bytes) {
  return std::make_shared<MemoryDevice>(bytes);
}
