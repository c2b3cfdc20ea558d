// A path opened for exclusive, direct I/O, for every device over a file descriptor.
#pragma once

#include "impl/process/open_here.h"
#include "impl/process/this_process.h"

#include <quire/error.h>

#include <cstdint>
#include <string>

namespace quire::impl {

/// The size of a device and of its unit of I/O, in bytes.
struct DeviceGeometry {
  std::uint64_t size;
  std::uint32_t sector_size;
};

/// Checks the geometry that a device reports, and rounds its size down to a sector.
/// Errors: EINVAL when the sector size is not a power of two from 512 to 4096; EINVAL when not one
/// sector is left.
Result<DeviceGeometry> device_geometry(
    const std::string& path, std::uint64_t size, std::uint64_t sector_size);

/// A block device or a regular file, ours alone until it is destroyed.
struct OpenFile {
  Claim claim;  ///< ends last
  Descriptor fd;
  DeviceGeometry geometry;
  std::string name;  ///< the path it was opened by

  /// Whether this process opened it, and did not inherit it from its parent.
  bool is_ours() const { return fd.process() == this_process(); }
};

/// Opens `path` as open_block_device() documents, with the same errors. A file whose file system
/// cannot do direct I/O in units from 512 to 4096 bytes is opened for ordinary I/O, with sectors of
/// 512 bytes.
Result<OpenFile> open_exclusively(const std::string& path);

}  // namespace quire::impl
