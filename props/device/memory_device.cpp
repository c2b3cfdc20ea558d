// A device in memory: sound runs are copied under one lock, the others refused and counted.
#include "props/device/memory_device.h"

#include "props/memory/poison.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace quire::props {

MemoryDevice::MemoryDevice(std::uint64_t size, std::uint32_t sector_size)
    : sector_size_(sector_size), bytes_(size, kPoison), written_(size, sector_size) {}

bool MemoryDevice::is_sound(std::uint64_t pos, std::uint64_t length) const {
  return pos % sector_size_ == 0 && length % sector_size_ == 0 && length != 0 &&
         pos <= bytes_.size() && length <= bytes_.size() - pos;
}

bool MemoryDevice::is_sound(const DeviceRun& run) const {
  std::uint64_t length = 0;
  for (const iovec& segment : run.segments) {
    const auto address = reinterpret_cast<std::uintptr_t>(segment.iov_base);
    if (!is_sound(0, segment.iov_len) || address % sector_size_ != 0) return false;
    length += segment.iov_len;
  }
  return is_sound(run.device_pos, length);
}

/// The negative errno that the next run of this kind must be answered with, or 0.
int MemoryDevice::take_fault(DeviceOp op) {
  Fault& fault = faults_[static_cast<std::size_t>(op)];
  if (fault.error == 0 || fault.after-- != 0) return 0;
  return -std::exchange(fault.error, 0);
}

template <class Move>
int MemoryDevice::carry_out(DeviceOp op, const DeviceRun& run, Move move) {
  if (!is_sound(run)) {
    ++counts_.misuses;
    return -EINVAL;
  }
  ++(op == DeviceOp::read ? counts_.reads : counts_.writes);
  if (const int error = take_fault(op); error != 0) return error;
  std::uint64_t pos = run.device_pos;
  for (const iovec& segment : run.segments) {
    move(pos, segment);
    pos += segment.iov_len;
  }
  return 0;
}

int MemoryDevice::read(std::span<const DeviceRun> runs) {
  const std::lock_guard lock(mutex_);
  int first_error = 0;
  for (const DeviceRun& run : runs) {
    const int error = carry_out(DeviceOp::read, run, [this](std::uint64_t pos, const iovec& to) {
      std::memcpy(to.iov_base, bytes_.data() + pos, to.iov_len);
    });
    if (first_error == 0) first_error = error;
  }
  return first_error;
}

void MemoryDevice::write(std::span<const DeviceRun> runs, std::span<int> results) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    results[i] = carry_out(DeviceOp::write, runs[i], [this](std::uint64_t pos, const iovec& from) {
      written_.add(pos, from.iov_len);
      std::memcpy(bytes_.data() + pos, from.iov_base, from.iov_len);
    });
  }
}

int MemoryDevice::flush() {
  const std::lock_guard lock(mutex_);
  ++counts_.flushes;
  return take_fault(DeviceOp::flush);
}

int MemoryDevice::read_at(std::uint64_t pos, std::span<std::byte> to) {
  const std::lock_guard lock(mutex_);
  if (!is_sound(pos, to.size())) {
    ++counts_.misuses;
    return -EINVAL;
  }
  ++counts_.reads;
  if (const int error = take_fault(DeviceOp::read); error != 0) return error;
  std::memcpy(to.data(), bytes_.data() + pos, to.size());
  return 0;
}

int MemoryDevice::write_at(std::uint64_t pos, std::span<const std::byte> from) {
  const std::lock_guard lock(mutex_);
  if (!is_sound(pos, from.size())) {
    ++counts_.misuses;
    return -EINVAL;
  }
  ++counts_.writes;
  if (const int error = take_fault(DeviceOp::write); error != 0) return error;
  written_.add(pos, from.size());
  std::memcpy(bytes_.data() + pos, from.data(), from.size());
  return 0;
}

void MemoryDevice::repoison() {
  const std::lock_guard lock(mutex_);
  written_.take([this](std::uint64_t pos, std::uint64_t length) {
    std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(pos), length, kPoison);
  });
  counts_ = {};
  faults_ = {};
}

void MemoryDevice::fail(DeviceOp op, std::uint64_t after, int error) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<std::size_t>(op)] = {.after = after, .error = error};
}

DeviceCounts MemoryDevice::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace quire::props
