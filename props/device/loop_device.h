// A real block device for a run of the checker: a loop device over an image file of its own.
#pragma once

#include "props/device/descriptor.h"

#include <quire/error.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace quire::props {

/// A loop device that cannot outlive the process that made it.
///
/// The image is unlinked as soon as it is attached, and the device is set to detach itself at its
/// last close (LO_FLAGS_AUTOCLEAR) while this object holds one descriptor of it. So the kernel
/// removes both however the process ends: return, exception, SIGINT, abort, SIGKILL. No handler and
/// no cleanup by name is needed.
///
/// Others open path() as they please. The device is gone when this object is destroyed and every
/// such descriptor, mount and copy of our own in a forked child is closed too; destroy those first.
/// One object is used by one thread at a time; several may be made at once from any thread.
class LoopDevice {
 public:
  /// Makes a sparse image of `bytes` zeros and attaches it to a free loop device.
  ///
  /// bytes: at least one sector and a multiple of sector_size.
  /// sector_size: bytes of a logical block; a power of two from 512 to 4096.
  /// folder: where the image is made; empty means $TMPDIR, or else /tmp. A folder on a small file
  /// system gives a device that fails with ENOSPC or EIO when that is full.
  ///
  /// Reads and writes pass the page cache of the image's file system by where it allows that.
  /// Errors name the cause: the arguments (EINVAL), the image, /dev/loop-control (ENOENT where the
  /// kernel has no loop driver, EACCES or EPERM without root), no device that stays free (EBUSY).
  [[nodiscard]] static Result<LoopDevice> attach(
      std::uint64_t bytes, std::uint32_t sector_size, const std::string& folder = {});

  /// "/dev/loopN".
  const std::string& path() const { return path_; }
  /// Bytes.
  std::uint64_t size() const { return size_; }
  /// Bytes.
  std::uint32_t sector_size() const { return sector_size_; }

 private:
  LoopDevice() = default;

  std::string path_;
  std::uint64_t size_ = 0;
  std::uint32_t sector_size_ = 0;
  Descriptor device_;
};

/// Cleans up after dead runs: detaches the loop devices whose image is named
/// quire-check.<pid>.<n>.img, and removes such images from `folder` (empty as in attach()), where
/// no process <pid> lives. Touches nothing else.
///
/// A run leaves something only if it is killed within attach(), or between the steps that replace
/// LOOP_CONFIGURE on kernels before 5.8. Returns how many devices and images it removed; skips
/// those that this process may not touch.
std::size_t reap_stale_loop_devices(const std::string& folder = {});

}  // namespace quire::props
