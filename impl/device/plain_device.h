// A device by ordinary system calls, for machines without io_uring.
#pragma once

#include "impl/device/open_file.h"
#include "impl/device/transfer.h"

#include <quire/block_device.h>

#include <cstdint>
#include <span>
#include <string>

namespace quire::impl {

/// Moves the rest of a transfer by preadv2(2) or pwritev2(2). Returns 0 or a negative errno.
/// Any thread may call.
[[nodiscard]] int plain_transfer(const OpenFile& file, Direction direction, Transfer& transfer);

/// Moves the rest of the queue, one piece after the other, and notes the errors.
void plain_transfers(
    const OpenFile& file, Direction direction, TransferQueue& queue, Outcome& outcome);

/// fdatasync(2), again where a signal interrupted it; 0 or a negative errno.
[[nodiscard]] int plain_flush(const OpenFile& file);

/// Beyond the errors of the system calls: -EINVAL for a run that is misaligned, has an empty
/// segment or leaves the device, and moves nothing of it, nor of a read that has such a run; -EIO
/// where a file has become shorter; -ESTALE in a child of the process that opened the file.
class PlainDevice final : public BlockDevice {
 public:
  explicit PlainDevice(OpenFile file) : file_(std::move(file)) {}

  std::uint64_t size() const override { return file_.geometry.size; }
  std::uint32_t sector_size() const override { return file_.geometry.sector_size; }
  const std::string& name() const override { return file_.name; }

  [[nodiscard]] int read(std::span<const DeviceRun> runs) override;
  void write(std::span<const DeviceRun> runs, std::span<int> results) override;
  [[nodiscard]] int flush() override;

 private:
  void transfer(Direction direction, std::span<const DeviceRun> runs, Outcome& outcome);

  OpenFile file_;
};

}  // namespace quire::impl
