// A device over a path: the system calls.
#include "ref/device/file_device.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quire::ref {

std::expected<std::unique_ptr<FileDevice>, std::string> FileDevice::make(const std::string& path) {
  const auto failed = [&](const char* what) {
    return std::unexpected(path + ": " + what + ": " + std::strerror(errno));
  };
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return failed("cannot be opened");
  std::unique_ptr<FileDevice> device(new FileDevice(fd));

  struct stat status{};
  if (::fstat(fd, &status) != 0) return failed("has no status");
  if (S_ISREG(status.st_mode)) {
    device->size_ = static_cast<std::uint64_t>(status.st_size);
  } else if (S_ISBLK(status.st_mode)) {
    int sector_size = 0;
    if (::ioctl(fd, BLKGETSIZE64, &device->size_) != 0) return failed("has no size");
    if (::ioctl(fd, BLKSSZGET, &sector_size) != 0) return failed("has no sector size");
    device->sector_size_ = static_cast<std::uint64_t>(sector_size);
  } else {
    return std::unexpected(path + ": is neither a regular file nor a block device");
  }
  return device;
}

FileDevice::~FileDevice() { ::close(fd_); }

int FileDevice::read(std::uint64_t pos, std::span<std::byte> to) {
  if (!contains(pos, to.size())) return -EINVAL;
  while (!to.empty()) {
    const ssize_t got = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(pos));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) return -EIO;
    to = to.subspan(static_cast<std::size_t>(got));
    pos += static_cast<std::uint64_t>(got);
  }
  return 0;
}

int FileDevice::write(std::uint64_t pos, std::span<const std::byte> from) {
  if (!contains(pos, from.size())) return -EINVAL;
  while (!from.empty()) {
    const ssize_t put = ::pwrite(fd_, from.data(), from.size(), static_cast<off_t>(pos));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return -errno;
    from = from.subspan(static_cast<std::size_t>(put));
    pos += static_cast<std::uint64_t>(put);
  }
  return 0;
}

int FileDevice::flush() { return ::fdatasync(fd_) == 0 ? 0 : -errno; }

}  // namespace quire::ref
