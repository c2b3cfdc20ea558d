// A device by ordinary system calls, for machines without io_uring.
#pragma once

#include "impl/device/open_file.h"
#include "impl/device/transfer.h"

#include <quire/block_device.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

namespace quire::impl {

/// Moves one run after the other by preadv2(2) or pwritev2(2). Returns 0 or the first negative
/// errno; the runs behind it are not begun. Requires check_runs() to have passed. Any thread may
/// call.
[[nodiscard]] int plain_transfer(
    const OpenFile& file, Direction direction, std::span<const DeviceRun> runs);

/// fdatasync(2), again where a signal interrupted it; 0 or a negative errno.
[[nodiscard]] int plain_flush(const OpenFile& file);

/// Beyond the errors of the system calls, read and write return -EINVAL, and move nothing, for runs
/// that are misaligned, have an empty segment, or leave the device; -EIO where a file has become
/// shorter.
class PlainDevice final : public BlockDevice {
 public:
  explicit PlainDevice(OpenFile file) : file_(std::move(file)) {}

  std::uint64_t size() const override { return file_.geometry.size; }
  std::uint32_t sector_size() const override { return file_.geometry.sector_size; }
  const std::string& name() const override { return file_.name; }

  [[nodiscard]] int read(std::span<const DeviceRun> runs) override {
    return transfer(Direction::read, runs);
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    std::ranges::fill(results, transfer(Direction::write, runs));
  }
  [[nodiscard]] int flush() override { return plain_flush(file_); }

 private:
  int transfer(Direction direction, std::span<const DeviceRun> runs);

  OpenFile file_;
};

}  // namespace quire::impl
