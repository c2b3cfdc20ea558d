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
/// itself takes both away however the process ends: return, exception, SIGINT, abort, SIGKILL.
/// There is no handler to install and nothing to be cleaned up by name.
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
  /// Whether I/O goes past the page cache of the image's file system.
  bool direct_io() const;

 private:
  LoopDevice() = default;

  std::string path_;
  std::uint64_t size_ = 0;
  std::uint32_t sector_size_ = 0;
  Descriptor device_;
};

/// Empty if this process can attach loop devices now, else one line that says why not. It attaches
/// a small one to find out (a few milliseconds).
[[nodiscard]] std::string why_no_loop_devices();

/// Takes away what runs that are dead have left: detaches the loop devices whose image is named
/// quire-check.<pid>.<n>.img, and removes such images from `folder` (empty as in attach()), where
/// no process <pid> lives. Anything else is left alone.
///
/// A run leaves something only if it is killed within attach(), or between the steps that replace
/// LOOP_CONFIGURE on kernels before 5.8. Returns how many devices and images were taken away; what
/// this process may not touch is passed over.
std::size_t reap_stale_loop_devices(const std::string& folder = {});

}  // namespace quire::props
