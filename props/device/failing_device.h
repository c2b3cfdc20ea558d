// Devices that fail as a FaultInjector says: one for impl, one for ref.
#pragma once

#include "props/device/fault_injector.h"

#include "ref/device/device.h"

#include <quire/block_device.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace quire::props {

/// The first bytes of another device, as a device of their own: a volume that runs full sooner.
///
/// A read that fails leaves poison in the memory of all its runs, which is unspecified then. A run
/// of a write that fails has still written its first sector, if it has more than one. The other
/// runs of the call are carried out. device, faults: must outlive this.
class FailingDevice final : public BlockDevice {
 public:
  FailingDevice(BlockDevice& device, std::uint64_t bytes, FaultInjector& faults)
      : device_(device), bytes_(bytes), faults_(faults) {}

  std::uint64_t size() const override { return bytes_; }
  std::uint32_t sector_size() const override { return device_.sector_size(); }
  const std::string& name() const override { return device_.name(); }
  int read(std::span<const DeviceRun> runs) override;
  void write(std::span<const DeviceRun> runs, std::span<int> results) override;
  int flush() override;

 private:
  /// Writes what a run that fails has still written.
  void tear(const DeviceRun& run);

  BlockDevice& device_;
  std::uint64_t bytes_;
  FaultInjector& faults_;
};

/// The same for ref.
class FailingRefDevice final : public ref::Device {
 public:
  FailingRefDevice(ref::Device& device, FaultInjector& faults) : device_(device), faults_(faults) {}

  std::uint64_t size() const override { return device_.size(); }
  std::uint64_t sector_size() const override { return device_.sector_size(); }
  int read(std::uint64_t pos, std::span<std::byte> to) override;
  int write(std::uint64_t pos, std::span<const std::byte> from) override;
  int flush() override;

 private:
  ref::Device& device_;
  FaultInjector& faults_;
};

}  // namespace quire::props
