// The device under a volume as libquire calls it: it may be code of the program.
#pragma once

#include <quire/block_device.h>

#include <memory>
#include <span>
#include <utility>

namespace quire::impl {

/// Passes calls on to a device that may be the program's own. No exception comes back, and no
/// answer that is neither 0 nor a negative errno. Any thread may call.
class GuardedDevice {
 public:
  /// Throws the exception of the device's stable_writes(), if any.
  explicit GuardedDevice(std::shared_ptr<BlockDevice> device)
      : device_(std::move(device)), stable_writes_(device_->stable_writes()) {}

  /// 0 or a negative errno: -ENOMEM or -EIO where the device throws.
  [[nodiscard]] int read(std::span<const DeviceRun> runs) noexcept;
  /// results: one for each run, all of them set; as read().
  void write(std::span<const DeviceRun> runs, std::span<int> results) noexcept;
  [[nodiscard]] int flush() noexcept;

  bool stable_writes() const { return stable_writes_; }

 private:
  std::shared_ptr<BlockDevice> device_;
  bool stable_writes_;
};

}  // namespace quire::impl
