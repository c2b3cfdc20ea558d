// Loop devices by the ioctls of loop(4), in an order that leaves no stale device.
#include "props/device/loop_device.h"

#include "props/device/loop_image.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace quire::props {
namespace {

using std::chrono_literals::operator""ms;

constexpr char kControl[] = "/dev/loop-control";
constexpr int kDevicesTried = 100;

std::unexpected<Error> refused(int code, const std::string& what, const std::string& advice = {}) {
  return std::unexpected(Error{code, "loop device: " + what + ": " + std::strerror(code) + advice});
}

std::string advice_for(int code) {
  if (code == EACCES || code == EPERM) return " (attaching one needs root)";
  if (code == ENOENT || code == ENODEV || code == ENXIO) return " (no loop driver here?)";
  return {};
}

bool is_unknown(int code) { return code == EINVAL || code == ENOTTY || code == ENOSYS; }

/// LOOP_CONFIGURE with these LO_FLAGS_*. 0 or an errno.
int configure_at_once(
    int device, const LoopImage& image, std::uint32_t sector_size, std::uint32_t flags) {
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(image.fd());
  config.block_size = sector_size;
  config.info.lo_flags = flags;
  return ::ioctl(device, LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
}

/// Does the work of LOOP_CONFIGURE, for kernels without it. 0 or an errno; after one the device is
/// free.
int configure_in_steps(int device, const LoopImage& image, std::uint32_t sector_size) {
  if (::ioctl(device, LOOP_SET_FD, image.fd()) != 0) return errno;

  loop_info64 info{};
  info.lo_flags = LO_FLAGS_AUTOCLEAR;
  int code = ::ioctl(device, LOOP_SET_STATUS64, &info) == 0 ? 0 : errno;
  if (code == 0 && ::ioctl(device, LOOP_SET_BLOCK_SIZE, sector_size) != 0) code = errno;
  if (code != 0) {
    ::ioctl(device, LOOP_CLR_FD, 0);
    return code;
  }
  // Some file systems have no direct I/O; then the device works without.
  ::ioctl(device, LOOP_SET_DIRECT_IO, 1UL);
  return 0;
}

/// 0 or an errno; EBUSY when another process took the device first.
int configure(int device, const LoopImage& image, std::uint32_t sector_size) {
  int code = configure_at_once(device, image, sector_size, LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO);
  if (is_unknown(code)) code = configure_at_once(device, image, sector_size, LO_FLAGS_AUTOCLEAR);
  if (is_unknown(code)) code = configure_in_steps(device, image, sector_size);
  return code;
}

}  // namespace

Result<LoopDevice> LoopDevice::attach(
    std::uint64_t bytes, std::uint32_t sector_size, const std::string& folder) {
  if (!std::has_single_bit(sector_size) || sector_size < 512 || sector_size > 4096) {
    return refused(EINVAL, "sector size " + std::to_string(sector_size));
  }
  if (bytes == 0 || bytes % sector_size != 0) {
    return refused(EINVAL, "size of " + std::to_string(bytes) + " bytes");
  }

  const Descriptor control(::open(kControl, O_RDWR | O_CLOEXEC));
  if (!control) return refused(errno, kControl, advice_for(errno));
  const Result<LoopImage> image = LoopImage::make(folder, bytes);
  if (!image) return std::unexpected(image.error());

  for (int tries = 0; tries < kDevicesTried; ++tries) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return refused(errno, "no free one", advice_for(errno));

    LoopDevice made;
    made.path_ = "/dev/loop" + std::to_string(number);
    made.size_ = bytes;
    made.sector_size_ = sector_size;
    made.device_ = Descriptor(::open(made.path_.c_str(), O_RDWR | O_CLOEXEC));
    const int code = made.device_ ? configure(made.device_.get(), *image, sector_size) : errno;
    if (code == 0) {
      int actual = 0;
      if (::ioctl(made.device_.get(), BLKSSZGET, &actual) == 0 &&
          std::cmp_equal(actual, sector_size)) {
        return made;
      }
      return refused(EINVAL, made.path_ + " has sectors of " + std::to_string(actual) + " bytes");
    }
    // A free device is only a hint: another process may attach it first, and one that is just
    // being detached answers ENXIO; its node may also appear a moment after the device.
    if (code != EBUSY && code != EAGAIN && code != ENXIO && code != ENOENT) {
      return refused(code, made.path_, advice_for(code));
    }
    if (code != EBUSY) std::this_thread::sleep_for(1ms);
    if (tries + 1 == kDevicesTried) return refused(code, made.path_, advice_for(code));
  }
  return refused(EBUSY, "no free one");
}

}  // namespace quire::props
