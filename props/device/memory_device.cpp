// A device in memory: sound runs are copied under one lock, the others refused and counted.
#include "props/device/memory_device.h"

#include <cerrno>
#include <utility>

namespace quire::props {

MemoryDevice::MemoryDevice(std::uint64_t size, std::uint32_t sector_size)
    : size_(size), sector_size_(sector_size) {}

bool MemoryDevice::is_sound(std::uint64_t pos, std::uint64_t length) const {
  return pos % sector_size_ == 0 && length % sector_size_ == 0 && length != 0 && pos <= size_ &&
         length <= size_ - pos;
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

void MemoryDevice::store(std::uint64_t pos, std::span<const std::byte> from) {
  old_.resize(from.size());
  bytes_.read(pos, old_);
  unflushed_.before_write(pos, old_);
  bytes_.write(pos, from);
}

int MemoryDevice::read(std::span<const DeviceRun> runs) {
  const std::lock_guard lock(mutex_);
  int first_error = 0;
  for (const DeviceRun& run : runs) {
    const int error = carry_out(DeviceOp::read, run, [this](std::uint64_t pos, const iovec& to) {
      bytes_.read(pos, {static_cast<std::byte*>(to.iov_base), to.iov_len});
    });
    if (first_error == 0) first_error = error;
  }
  return first_error;
}

void MemoryDevice::write(std::span<const DeviceRun> runs, std::span<int> results) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    results[i] = carry_out(DeviceOp::write, runs[i], [this](std::uint64_t pos, const iovec& from) {
      store(pos, {static_cast<const std::byte*>(from.iov_base), from.iov_len});
    });
  }
}

int MemoryDevice::flush() {
  const std::lock_guard lock(mutex_);
  ++counts_.flushes;
  const int error = take_fault(DeviceOp::flush);
  if (error == 0) unflushed_.flushed();
  return error;
}

int MemoryDevice::read_at(std::uint64_t pos, std::span<std::byte> to) {
  const std::lock_guard lock(mutex_);
  if (!is_sound(pos, to.size())) {
    ++counts_.misuses;
    return -EINVAL;
  }
  ++counts_.reads;
  if (const int error = take_fault(DeviceOp::read); error != 0) return error;
  bytes_.read(pos, to);
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
  store(pos, from);
  return 0;
}

void MemoryDevice::repoison() {
  const std::lock_guard lock(mutex_);
  bytes_.clear();
  unflushed_.flushed();
  counts_ = {};
  faults_ = {};
}

void MemoryDevice::fail(DeviceOp op, std::uint64_t after, int error) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<std::size_t>(op)] = {.after = after, .error = error};
}

void MemoryDevice::peek(std::uint64_t pos, std::span<std::byte> to) const {
  const std::lock_guard lock(mutex_);
  bytes_.read(pos, to);
}

void MemoryDevice::read_medium(std::uint64_t pos, std::span<std::byte> to) const {
  const std::lock_guard lock(mutex_);
  bytes_.read(pos, to);
  unflushed_.show_medium(pos, to);
}

bool MemoryDevice::is_unflushed(std::uint64_t pos, std::uint64_t length) const {
  const std::lock_guard lock(mutex_);
  return unflushed_.touches(pos, length);
}

DeviceCounts MemoryDevice::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace quire::props
