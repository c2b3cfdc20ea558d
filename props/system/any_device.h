// The devices that a case can be about, behind one type.
#pragma once

#include "props/system/device_case.h"

#include <quire/block_device.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace quire::props {

/// What a case asks of any device.
class AnyDevice {
 public:
  AnyDevice() = default;
  AnyDevice(const AnyDevice&) = delete;
  AnyDevice& operator=(const AnyDevice&) = delete;
  virtual ~AnyDevice() = default;
  virtual std::uint64_t size() const = 0;
  virtual std::uint64_t sector_size() const = 0;
  virtual int read(std::span<const DeviceRun> runs) = 0;
  virtual void write(std::span<const DeviceRun> runs, std::span<int> results) = 0;
  virtual int flush() = 0;
};

/// A device, or why there is none: an errno, which ref does not tell, and a text.
struct OpenedDevice {
  std::unique_ptr<AnyDevice> device;
  int code = 0;
  std::string text;
  std::string name;  ///< of the device
};
OpenedDevice open_any(DeviceSubject subject, const std::string& path);

}  // namespace quire::props
