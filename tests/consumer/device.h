// A device that a shared object of the project's own brings.
#pragma once

#include <quire/quire.h>

#include <memory>

/// Thrown by a device of 0 bytes.
class NoBytes {
 public:
  virtual ~NoBytes() = default;
};

__attribute__((visibility("default"))) std::shared_ptr<quire::BlockDevice> make_memory_device(
    std::uint64_t bytes);
