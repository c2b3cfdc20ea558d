// A path opened for exclusive, direct I/O: what every device over a file descriptor needs.
#pragma once

#include <quire/error.h>

#include <cstdint>
#include <string>
#include <utility>

namespace quire::impl {

/// The size of a device and of its unit of I/O, in bytes.
struct DeviceGeometry {
  std::uint64_t size;
  std::uint32_t sector_size;
};

/// Checks what a device says of itself, and rounds its size down to a sector.
/// Errors: EINVAL when the sector size is not a power of two from 512 to 4096; EINVAL when not one
/// sector is left.
Result<DeviceGeometry> device_geometry(
    const std::string& path, std::uint64_t size, std::uint64_t sector_size);

/// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// A block device or a regular file, ours alone until it is destroyed.
struct OpenFile {
  Descriptor fd;
  DeviceGeometry geometry;
  std::string name;  ///< the path it was opened by
};

/// Opens `path` as open_block_device() documents, with the same errors. A file whose file system
/// cannot do direct I/O in units from 512 to 4096 bytes is opened for ordinary I/O, with sectors of
/// 512 bytes.
Result<OpenFile> open_exclusively(const std::string& path);

}  // namespace quire::impl
