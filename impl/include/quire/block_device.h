// The device under a volume.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <quire/error.h>

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace quire {

/// One contiguous run of a device, gathered from or scattered to memory. Since 0.1.
///
/// device_pos: byte of the device. The lengths and the addresses of the segments and device_pos are
/// multiples of the device's sector size. No segment is empty.
struct DeviceRun {
  std::uint64_t device_pos;
  std::span<const iovec> segments;
};

/// A device of fixed size that reads and writes whole sectors, which a program may implement
/// itself. Since 0.1.
///
/// Errors: 0 or a negative errno (error.h). A function may throw: libquire takes std::bad_alloc for
/// -ENOMEM and anything else for -EIO, as it does an answer that is neither 0 nor a negative errno.
/// An exception of write() counts for every run of the call.
///
/// Threads: calls come from any thread, several at a time, and block until every run is done.
/// libquire holds locks of its own while it calls: a device must not call into a volume that lies
/// on it. A thread is not cancelled (pthread_cancel(3)) inside a call.
///
/// Processes: a child that the program forks has a copy of the device. libquire neither calls nor
/// destroys that copy; a device should do nothing in a child that reaches what the parent uses.
class QUIRE_API BlockDevice {
 public:
  virtual ~BlockDevice() = default;

  /// The size of the device. Bytes; a multiple of sector_size(). Must always answer the same.
  virtual std::uint64_t size() const = 0;
  /// The smallest unit of I/O. Bytes; a power of two from 512 to 4096. Must always answer the same.
  virtual std::uint32_t sector_size() const = 0;
  /// The name of the device in a message.
  virtual const std::string& name() const = 0;

  /// Reads every run. 0 or a negative errno, after which the memory of all runs is unspecified.
  [[nodiscard]] virtual int read(std::span<const DeviceRun> runs) = 0;

  /// Writes every run, and tries each one whatever becomes of the others. results: one for each
  /// run, which the device sets to 0 or to a negative errno; a run with an error holds unspecified
  /// bytes (each sector its old or its new ones). A result that the device does not set is an
  /// error. The runs of one call lie in ascending order, and none overlaps another.
  ///
  /// A program may write to the pages of a file while the device writes them, so the memory of a
  /// run may change during the call; libquire writes such blocks once more. A device that reads its
  /// memory twice (a checksum, a mirror, a parity) asks for memory that does not: stable_writes().
  virtual void write(std::span<const DeviceRun> runs, std::span<int> results) = 0;

  /// Makes every write that has returned survive a loss of power. 0 or a negative errno.
  [[nodiscard]] virtual int flush() = 0;

  /// Whether the memory of a run must not change while write() works on it. libquire then writes
  /// from a copy. Must always answer the same.
  virtual bool stable_writes() const { return false; }
};

/// Opens a block device or a regular file, for O_DIRECT I/O where its file system has that, and
/// through io_uring where the machine has that; else for ordinary system calls. The process
/// holds the device exclusively (O_EXCL for a block device, an advisory lock by flock(2) for a
/// file) until the device is destroyed.
///
/// Errors name the path and the cause:
///
/// - ENOENT, EACCES and the others of open(2).
/// - EBUSY: it is mounted, another program has it open, or this program itself has, by this path or
///   another.
/// - EROFS: it is read-only.
/// - EINVAL: it is neither a block device nor a regular file; it is empty; its sector size is not a
///   power of two from 512 to 4096.
/// - EAGAIN: the path led to another file each time that it was looked up.
/// - ENOMEM: memory ran out.
///
/// The calls of the device answer, besides the errors of the system: -EINVAL for a run that breaks
/// the rules of DeviceRun or leaves the device, and nothing of the run is moved, nor of a read that
/// has such a run; -EIO where a file has become shorter; -ESTALE in a forked child.
///
/// Processes: the device belongs to the process that opened it. A child made by fork(2) closes its
/// copies of the descriptors at once, and may destroy its copy of the device, which touches nothing
/// that the parent uses. A child made by vfork(2), posix_spawn(3), _Fork(3) or clone(2) keeps the
/// descriptors until execve(2) or its end: a block device stays busy as long as that takes. To open
/// a block device again that this process has had open before waits for such children, one second
/// at most. Before Linux 6.3, a fork(2) during a read may cost the read its bytes: see O_DIRECT in
/// open(2).
///
/// Threads: any.
/// Since: 0.1.
[[nodiscard]] QUIRE_API Result<std::unique_ptr<BlockDevice>> open_block_device(
    const std::string& path);

}  // namespace quire

#endif  // QUIRE_CXX23
