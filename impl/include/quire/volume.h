// Volumes and files: the surface of libquire.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <quire/block_device.h>
#include <quire/error.h>

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>

namespace quire {

struct VolumeOptions {
  /// Bytes that space is handed out in: a power of two from 512 to 4096, no smaller than the
  /// device's sector. 0: 4096.
  std::uint64_t block_size = 0;
  /// A write that finds more bytes dirty in the whole volume first writes files back, those first
  /// that have been dirty for longest, until three quarters of it are dirty. Readers of its file do
  /// not wait for that, and see the bytes accepted so far. 0: 256 MiB.
  std::uint64_t dirty_max = 0;
  /// Where the memory of folios comes from; it must outlive the volume and serve any thread. An
  /// allocation that it refuses is tried again smaller, down to a page; whatever it throws counts
  /// as a refusal. libquire holds locks of its own while it calls: the resource must not call into
  /// the volume. Null: the default resource.
  std::pmr::memory_resource* memory = nullptr;
};

class File;

/// A set of files on one device.
///
/// In this version a volume's own bookkeeping (which blocks belong to which file, and the files'
/// sizes) lives in memory: a volume starts empty each time it is opened, and its files end with it.
///
/// Any thread may call any function of a volume and of its files; moving and destroying are for one
/// thread alone. A File may outlive the Volume object that it came from. No function throws.
///
/// A volume and its files belong to the process that opened the volume. In a child made by fork(2),
/// _Fork(3), or clone(2) without CLONE_VM, every call on them fails with ESTALE and touches neither
/// the device nor a lock. The child may move and destroy them: that frees none of their memory, and
/// neither writes to the device, nor unlocks it, nor destroys a BlockDevice of the program's. It
/// may open volumes of its own. A child that shares the parent's memory (vfork(2)) must not call.
class QUIRE_API Volume {
 public:
  /// Opens a volume on a block device or a regular file (see open_block_device()).
  static Result<Volume> open(const std::string& path, const VolumeOptions& options = {});

  /// Opens a volume on a device of the caller's, at a cost that does not grow with the device.
  /// Errors name the device and the cause: EINVAL without a device, for a block size that is no
  /// power of two from 512 to 4096 or smaller than the device's sector, and for a device of fewer
  /// than 16 blocks; ENOMEM where memory runs out; EIO where the device throws anything else.
  static Result<Volume> open(
      std::shared_ptr<BlockDevice> device, const VolumeOptions& options = {});

  Volume(Volume&&) noexcept;
  Volume& operator=(Volume&&) noexcept;
  ~Volume();

  /// A handle on file `number`, which is made empty if there is none. Its position starts at 0.
  /// Closing a handle, or all of them, loses nothing of the file. ENOMEM where memory runs out,
  /// EBADF of a volume that was moved from, ESTALE in a child of the process that opened it.
  Result<File> file(std::uint64_t number);

  /// Bytes of a block. This and the counts below are 0 of a volume that was moved from.
  std::uint64_t block_size() const;
  /// blocks() == free_blocks() + reserved_blocks() + those that files have on the device. In a
  /// forked child, free_blocks() and reserved_blocks() are 0.
  std::uint64_t blocks() const;
  std::uint64_t free_blocks() const;
  std::uint64_t reserved_blocks() const;

 private:
  struct QUIRE_LOCAL State;
  explicit Volume(std::shared_ptr<State> state);
  bool is_usable() const;
  std::shared_ptr<State> state_;
  friend class File;
};

/// A handle on a file. Calls answer as the system calls of the same name do, but with the negative
/// errno in place of -1. Each call answers
///
/// - -EBADF once the handle is closed or was moved from,
/// - -ESTALE in a child of the process that opened the volume (see Volume),
/// - -ENOMEM when memory runs out, and -EIO where code of the caller's throws anything else.
///
/// Pointers that a call takes may be wrong: memory that cannot be accessed, also that of the array
/// of segments, ends the call short or with -EFAULT, and raises no signal. fault_handler.h says
/// how, and what a program with signal handlers of its own should know.
class QUIRE_API File {
 public:
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  /// Writes the segments' bytes at `offset`, in order; at the handle's position, which then moves,
  /// if offset is -1. Returns how many bytes were accepted, at most 0x7ffff000: every one of them
  /// is in the file from then on. Fewer than asked mean that the rest met an error, which the next
  /// call reports. An error means that nothing was accepted:
  ///
  /// - EINVAL: offset is below -1; offset and length reach past 2^63 - 1; iovcnt is negative or
  /// over
  ///   1024; a segment is longer than SSIZE_MAX.
  /// - EFAULT: the array of segments cannot be read; a segment reaches into addresses that no
  ///   program can have; the first byte of the memory cannot be read. Memory may be protected, cut
  ///   off (SIGBUS) or unmapped anywhere behind that: the count stops there.
  /// - EOPNOTSUPP: flags is not 0. This version knows none.
  /// - ENOSPC: the volume has no block for the first page.
  /// - ENOMEM, EIO: no memory for the first folio, or the device could not read it.
  ///
  /// The array is read once, before anything else happens. pwritev2(2).
  ssize_t pwritev2(const iovec* iov, int iovcnt, off_t offset, int flags);

  /// Reads at `offset` (-1: the position) up to the end of the file. What was never written reads
  /// as zero. Errors as pwritev2(); EFAULT if the first byte cannot be stored. preadv2(2).
  ssize_t preadv2(const iovec* iov, int iovcnt, off_t offset, int flags);

  /// Writes everything dirty to the device, and flushes the device if its cache may hold data of
  /// this file. 0, or the last error that writeback or a flush of this file's data met since the
  /// handle was opened or reported one, whoever started it. Each handle reports an error once; one
  /// that no handle has reported, a handle opened later reports. The blocks concerned are not
  /// written again: their data is lost when it leaves the cache. After -ENOMEM alone, which no
  /// other handle reports, they are still dirty. fsync(2).
  int fsync();

  /// Sets the size. Bytes past a smaller one are gone, bytes between the old and a larger one read
  /// as zero. EINVAL if length is negative; EIO, ENOMEM if the last block could not be read. An
  /// error changes nothing. ftruncate(2).
  int ftruncate(off_t length);

  /// Bytes, or a negative errno.
  off_t size() const;
  /// The handle's position: byte of the file, or a negative errno.
  off_t position() const;

  /// Drops every folio that is not dirty, as posix_fadvise(2) POSIX_FADV_DONTNEED does. 0 or a
  /// negative errno.
  int drop_cache();

  /// The device block that holds a block of the file (byte `file_block * block_size()` and on),
  /// where it has one. After fsync() every block that was written has.
  std::optional<std::uint64_t> device_block_of(std::uint64_t file_block) const;

  /// 0, and -EBADF if it was closed already. Writes nothing back: call fsync() for that.
  int close();

 private:
  struct QUIRE_LOCAL Handle;
  explicit File(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
  friend class Volume;
};

}  // namespace quire

#endif  // QUIRE_CXX23
