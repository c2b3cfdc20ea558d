// The device under a volume.
#pragma once

#include <quire/error.h>

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace quire {

/// One contiguous run of a device, gathered from or scattered to memory.
///
/// device_pos: byte of the device. The segments' lengths and device_pos are multiples of the
/// device's sector size; the segments' addresses are too. No segment is empty.
struct DeviceRun {
  std::uint64_t device_pos;
  std::span<const iovec> segments;
};

/// A device of fixed size that reads and writes whole sectors. All calls may come from any thread,
/// and block until every run is done. They return 0 or the first negative errno; after an error the
/// runs that were written hold unspecified bytes (each sector its old or its new ones).
class BlockDevice {
 public:
  virtual ~BlockDevice() = default;

  /// Bytes; a multiple of sector_size().
  virtual std::uint64_t size() const = 0;
  /// Bytes of the smallest unit of I/O; a power of two from 512 to 4096.
  virtual std::uint32_t sector_size() const = 0;
  /// What to call the device in a message.
  virtual const std::string& name() const = 0;

  [[nodiscard]] virtual int read(std::span<const DeviceRun> runs) = 0;
  virtual void write(std::span<const DeviceRun> runs, std::span<int> results) = 0;
  /// Makes every write that has returned survive a loss of power.
  [[nodiscard]] virtual int flush() = 0;
};

/// Opens a block device or a regular file for O_DIRECT I/O through io_uring. Where a file's file
/// system has no O_DIRECT, or the machine no io_uring, ordinary I/O is used instead. The device is
/// held exclusively (O_EXCL for a block device, an advisory lock for a file) until it is destroyed.
///
/// Errors name the path and the cause: it does not exist; it is neither a block device nor a
/// regular file; it is read-only (EROFS, EACCES); it is busy (EBUSY); its sector size is not a
/// power of two from 512 to 4096 (EINVAL); it is empty (EINVAL).
[[nodiscard]] Result<std::unique_ptr<BlockDevice>> open_block_device(const std::string& path);

}  // namespace quire
