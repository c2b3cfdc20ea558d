// A decorator that poisons a real device again wherever it was written.
#pragma once

#include "props/device/written_sectors.h"

#include <quire/block_device.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace quire::props {

/// Passes every call on to the device it owns and remembers what was written. A new one counts as
/// written everywhere: call repoison() once before use to fill the whole device with kPoison.
/// Any thread may call, but repoison() only while no other call runs.
class PoisonedDevice final : public BlockDevice {
 public:
  explicit PoisonedDevice(std::unique_ptr<BlockDevice> device);

  std::uint64_t size() const override { return device_->size(); }
  std::uint32_t sector_size() const override { return device_->sector_size(); }
  const std::string& name() const override { return device_->name(); }

  [[nodiscard]] int read(std::span<const DeviceRun> runs) override { return device_->read(runs); }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override;
  [[nodiscard]] int flush() override { return device_->flush(); }

  /// Writes kPoison over every sector that a write named since the last call, also one that failed.
  /// Does not flush. 0 or a negative errno; after an error the whole device counts as written.
  [[nodiscard]] int repoison();

 private:
  std::unique_ptr<BlockDevice> device_;
  std::mutex mutex_;  // of written_
  WrittenSectors written_;
};

}  // namespace quire::props
