// Repoisoning writes one buffer of poison again and again, many runs a call.
#include "props/device/poisoned_device.h"

#include "props/memory/poison.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace quire::props {
namespace {

constexpr std::size_t kPoisonBytes = 512 * 1024;
constexpr std::size_t kRunsMax = 32;

/// Constant memory of kPoisonBytes bytes of kPoison, aligned for any sector size.
const std::byte* poison_bytes() {
  struct Buffer {
    alignas(4096) std::array<std::byte, kPoisonBytes> bytes;
    Buffer() { bytes.fill(kPoison); }
  };
  static const Buffer buffer;
  return buffer.bytes.data();
}

/// Collects runs of poison and writes them kRunsMax at a time.
class PoisonWriter {
 public:
  explicit PoisonWriter(BlockDevice& device) : device_(device) {}

  void add(std::uint64_t pos, std::uint64_t length) {
    while (length != 0) {
      const std::uint64_t n = std::min<std::uint64_t>(length, kPoisonBytes);
      segments_[count_] = {const_cast<std::byte*>(poison_bytes()), n};
      runs_[count_] = {pos, {&segments_[count_], 1}};
      if (++count_ == kRunsMax) submit();
      pos += n;
      length -= n;
    }
  }

  /// 0 or the first negative errno.
  int finish() {
    submit();
    return error_;
  }

 private:
  void submit() {
    if (count_ != 0 && error_ == 0) {
      device_.write({runs_.data(), count_}, {results_.data(), count_});
      for (std::size_t i = 0; i < count_ && error_ == 0; ++i) error_ = results_[i];
    }
    count_ = 0;
  }

  BlockDevice& device_;
  std::array<iovec, kRunsMax> segments_;
  std::array<DeviceRun, kRunsMax> runs_;
  std::array<int, kRunsMax> results_;
  std::size_t count_ = 0;
  int error_ = 0;
};

}  // namespace

PoisonedDevice::PoisonedDevice(std::unique_ptr<BlockDevice> device)
    : device_(std::move(device)), written_(device_->size(), device_->sector_size()) {
  written_.add(0, size());
}

void PoisonedDevice::write(std::span<const DeviceRun> runs, std::span<int> results) {
  {
    const std::lock_guard lock(mutex_);
    for (const DeviceRun& run : runs) {
      std::uint64_t end = run.device_pos;
      for (const iovec& segment : run.segments) end += segment.iov_len;
      const std::uint64_t begin = std::min(run.device_pos, size());
      written_.add(begin, std::min(std::max(end, begin), size()) - begin);
    }
  }
  device_->write(runs, results);
}

int PoisonedDevice::repoison() {
  const std::lock_guard lock(mutex_);
  PoisonWriter writer(*device_);
  written_.take([&](std::uint64_t pos, std::uint64_t length) { writer.add(pos, length); });
  const int error = writer.finish();
  if (error != 0) written_.add(0, size());
  return error;
}

}  // namespace quire::props
