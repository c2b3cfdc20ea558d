// Opening a path for exclusive, direct I/O.
#include "impl/device/open_file.h"

#include "impl/device/device_error.h"
#include "impl/process/no_cancel.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace quire::impl {
namespace {

constexpr std::uint32_t kSectorSizeMin = 512;
constexpr std::uint32_t kSectorSizeMax = 4096;

bool is_sector_size(std::uint64_t n) {
  return std::has_single_bit(n) && n >= kSectorSizeMin && n <= kSectorSizeMax;
}

/// open(2), again where a signal interrupted it.
Descriptor open_path(const std::string& path, int flags) {
  return Descriptor([&path, flags] {
    for (;;) {
      const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
      if (fd >= 0) return fd;
      if (errno != EINTR) return -errno;
    }
  });
}

/// A device that we have just closed stays busy until every child that was forked or spawned
/// meanwhile has closed it too, which takes them a moment.
Descriptor open_when_children_let_go(const std::string& path, int flags, bool was_ours) {
  constexpr std::chrono::milliseconds kPause{2};
  for (int pauses = was_ours ? 500 : 0;; --pauses) {
    Descriptor fd = open_path(path, flags);
    if (fd.get() != -EBUSY || pauses == 0) return fd;
    std::this_thread::sleep_for(kPause);
  }
}

/// The error for an open(2) that failed with -code.
Error open_error(const std::string& path, int code) {
  if (code == EBUSY) return device_busy(path);
  if (code == EROFS) return device_read_only(path);
  return device_error(path, code);
}

FileIdentity identity_of(const struct stat& status) {
  return S_ISBLK(status.st_mode) ? FileIdentity{status.st_rdev, 0}
                                 : FileIdentity{status.st_dev, status.st_ino};
}

/// 0, or the positive errno for a descriptor that is not the file that was looked up: EAGAIN.
int check_identity(int fd, const FileIdentity& identity, mode_t kind) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno;
  const bool same = (status.st_mode & S_IFMT) == kind && identity_of(status) == identity;
  return same ? 0 : EAGAIN;
}

Result<OpenFile> open_block(const std::string& path, const FileIdentity& identity) {
  // On a block device O_EXCL asks to be the only such opener, and is refused while it is mounted.
  Descriptor fd =
      open_when_children_let_go(path, O_RDWR | O_DIRECT | O_EXCL, was_open_here(identity));
  if (fd.get() < 0) return std::unexpected(open_error(path, -fd.get()));
  if (const int error = check_identity(fd.get(), identity, S_IFBLK); error != 0) {
    return std::unexpected(device_error(path, error));
  }

  std::uint64_t size = 0;
  int sector_size = 0;
  int read_only = 0;
  if (::ioctl(fd.get(), BLKROGET, &read_only) != 0 ||
      ::ioctl(fd.get(), BLKSSZGET, &sector_size) != 0 ||
      ::ioctl(fd.get(), BLKGETSIZE64, &size) != 0) {
    return std::unexpected(device_error(path, errno));
  }
  // Linux opens a read-only device for writing, and fails only the writes.
  if (read_only != 0) return std::unexpected(device_read_only(path));
  auto geometry = device_geometry(path, size, static_cast<std::uint64_t>(sector_size));
  if (!geometry) return std::unexpected(std::move(geometry.error()));
  return OpenFile{{}, std::move(fd), *geometry, path};
}

/// The unit that direct I/O on a file needs of positions and of memory; empty where it cannot be
/// done in sectors. File systems that do not say are taken to do with the least.
std::optional<std::uint32_t> direct_io_unit([[maybe_unused]] int fd) {
#ifdef STATX_DIOALIGN
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
      (status.stx_mask & STATX_DIOALIGN) != 0) {
    if (status.stx_dio_offset_align == 0) return std::nullopt;
    const std::uint32_t unit =
        std::max({kSectorSizeMin, status.stx_dio_offset_align, status.stx_dio_mem_align});
    return is_sector_size(unit) ? std::optional(unit) : std::nullopt;
  }
#endif
  return kSectorSizeMin;
}

Result<OpenFile> open_regular(const std::string& path, const FileIdentity& identity) {
  bool direct = true;
  Descriptor fd = open_path(path, O_RDWR | O_DIRECT);
  if (fd.get() == -EINVAL) {
    direct = false;
    fd = open_path(path, O_RDWR);
  }
  if (fd.get() < 0) return std::unexpected(open_error(path, -fd.get()));
  if (const int error = check_identity(fd.get(), identity, S_IFREG); error != 0) {
    return std::unexpected(device_error(path, error));
  }

  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return std::unexpected(errno == EWOULDBLOCK ? file_locked(path) : device_error(path, errno));
  }

  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(device_error(path, errno));

  const auto unit = direct ? direct_io_unit(fd.get()) : std::nullopt;
  if (direct && !unit) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_DIRECT) != 0) {
      return std::unexpected(device_error(path, errno));
    }
  }
  auto geometry = device_geometry(
      path, static_cast<std::uint64_t>(status.st_size), unit.value_or(kSectorSizeMin));
  if (!geometry) return std::unexpected(std::move(geometry.error()));
  return OpenFile{{}, std::move(fd), *geometry, path};
}

}  // namespace

Result<DeviceGeometry> device_geometry(
    const std::string& path, std::uint64_t size, std::uint64_t sector_size) {
  if (!is_sector_size(sector_size)) return std::unexpected(bad_sector_size(path, sector_size));
  size -= size % sector_size;
  if (size == 0) return std::unexpected(device_empty(path));
  return DeviceGeometry{size, static_cast<std::uint32_t>(sector_size)};
}

Result<OpenFile> open_exclusively(const std::string& path) {
  const NoCancel no_cancel;
  // Looked up before it is opened: opening a pipe would block, and opening some devices does
  // something. The path may lead elsewhere by the time that it is opened.
  for (int tries = 0; tries < 10; ++tries) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::unexpected(device_error(path, errno));
    if (!S_ISBLK(status.st_mode) && !S_ISREG(status.st_mode)) {
      return std::unexpected(not_a_device(path));
    }
    const FileIdentity identity = identity_of(status);
    auto claim = Claim::make(identity, path);
    if (!claim) return std::unexpected(open_here_already(path, claim.error()));
    auto file = S_ISBLK(status.st_mode) ? open_block(path, identity) : open_regular(path, identity);
    if (!file && file.error().code == EAGAIN) continue;
    if (file) {
      claim->note_opened();
      file->claim = std::move(*claim);
    }
    return file;
  }
  return std::unexpected(path_changed(path));
}

}  // namespace quire::impl
