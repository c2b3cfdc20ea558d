// Reads a device past every cache, to see what really lies on it.
#pragma once

#include "props/device/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace quire::props {

/// Opens with O_DIRECT where the path allows it. For one thread.
class DirectReader {
 public:
  /// Throws std::runtime_error with one line that names the path and the cause.
  explicit DirectReader(const std::string& path);

  /// pos, to.size(): multiples of 4096 or of the device's sector. 0 or a negative errno.
  int read(std::uint64_t pos, std::span<std::byte> to);

 private:
  Descriptor file_;
};

}  // namespace quire::props
