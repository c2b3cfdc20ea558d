// The device of a volume: bytes that can be read, written and flushed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::ref {

/// A block device. Positions and lengths are bytes and multiples of the sector size; a range lies
/// within [0, size()). Buffers are aligned to their length or to a page, whichever is less. Each
/// answer is 0 or a negative errno; after an error the range holds anything.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  virtual std::uint64_t size() const = 0;
  virtual std::uint64_t sector_size() const = 0;

  virtual int read(std::uint64_t pos, std::span<std::byte> to) = 0;
  virtual int write(std::uint64_t pos, std::span<const std::byte> from) = 0;

  /// Returns when all that was written before is on stable storage.
  virtual int flush() = 0;
};

}  // namespace quire::ref
