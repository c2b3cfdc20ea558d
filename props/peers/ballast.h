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

  /// Grows until the volume has no space left, then gives about `leave` bytes back. How much is
  /// free then is the file system's affair: it may keep blocks for itself. Throws
  /// std::system_error where something else than the space ends it.
  void fill(std::uint64_t leave);

  /// Gives all of it back.
  void release();

  bool stands() const { return bytes_ != 0; }

 private:
  /// Whether there was room for so many bytes more, which it has then.
  bool takes(std::uint64_t piece);

  Descriptor file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace quire::props
