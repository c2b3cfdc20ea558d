// A file that takes the space of a volume.
#pragma once

#include "props/device/descriptor.h"

#include <cstdint>

namespace quire::props {

/// Lies in a folder of the volume under no name, and goes with the object.
class Ballast {
 public:
  /// folder: a descriptor. Throws std::system_error.
  explicit Ballast(int folder);

  /// Grows until the volume has no space left, then gives about `leave` bytes back. The file system
  /// may keep some of them for itself. Throws std::system_error for another error than ENOSPC.
  void fill(std::uint64_t leave);

  /// Gives all space back.
  void release();

  bool stands() const { return bytes_ != 0; }

 private:
  /// Takes so many bytes more. Whether there was space for them.
  bool takes(std::uint64_t piece);

  Descriptor file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace quire::props
