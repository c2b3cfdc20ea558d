// Volumes and files: the surface of libquire.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <quire/block_device.h>
#include <quire/error.h>
#include <quire/volume_allocator.h>

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>

namespace quire::impl {
struct Innards;
}  // namespace quire::impl

namespace quire {

/// Options of Volume::open(). Since 0.1.
struct VolumeOptions {
  /// The unit in which files get space on the device. Bytes: a power of two from 512 to 4096, no
  /// smaller than the device's sector.
  std::uint64_t block_size = 4096;

  /// A write that finds more bytes dirty in the whole volume first writes files back, those first
  /// that have been dirty for longest, until three quarters of it are dirty. Readers of its file do
  /// not wait for that, and see the bytes accepted so far. Bytes; with 0 a write first writes back
  /// all that is dirty.
  std::uint64_t dirty_max = std::uint64_t{256} << 20;

  /// Provides the memory of folios; null: the default resource. It must outlive the volume and
  /// serve any thread. libquire tries an allocation that it refuses again with a smaller size, down
  /// to a page; whatever it throws counts as a refusal. libquire holds locks of its own while it
  /// calls: the resource must not call into the volume.
  std::pmr::memory_resource* memory = nullptr;

  /// Hands out the blocks of the device.
  VolumeAllocator allocator = {};
};

class File;

/// A set of files on one device. Since 0.1.
///
/// In this version the metadata of a volume (the size of each file, and its blocks) lives in memory
/// only: a volume starts empty each time it is opened, and its files end with it.
///
/// Threads: any thread may call any function of a volume and of its files, several at a time. Only
/// one thread may move or destroy one, and no other may use it meanwhile. A File may outlive the
/// Volume object that it came from. No function throws.
///
/// Processes: a volume and its files belong to the process that opened the volume. In a child made
/// by fork(2), _Fork(3), or clone(2) without CLONE_VM, every call on them fails with ESTALE and
/// touches neither the device nor a lock; of the calls that return no error, device_block_of() is
/// empty, the counts are 0, and sizes stay. The child may move and destroy them: that frees none of
/// their memory, and neither writes to the device, nor unlocks it, nor destroys a BlockDevice of
/// the program's. It may open volumes of its own. A child that shares the parent's memory
/// (vfork(2)) must not call.
class QUIRE_API Volume {
 public:
  /// Opens a volume on a block device or a regular file; the data on it is lost.
  ///
  /// Errors: those of open_block_device() and of the function below.
  /// Threads: any.
  /// Since: 0.1.
  static Result<Volume> open(const std::string& path, const VolumeOptions& options = {});

  /// Opens a volume on a device of the caller's, at a cost that does not grow with the device.
  ///
  /// Errors name the device and the cause:
  ///
  /// - EINVAL: `device` is null; the block size is no power of two from 512 to 4096, or smaller
  ///   than the device's sector; the device's sector is no power of two from 512 to 4096; the
  ///   device has fewer than 16 blocks; the allocator's table cannot be used (VolumeAllocator), or
  ///   the new allocator does not say that so many blocks are free as the device has.
  /// - ENOMEM: memory ran out.
  /// - EIO: the device or the allocator threw anything else than std::bad_alloc.
  ///
  /// Threads: any.
  /// Since: 0.1.
  static Result<Volume> open(
      std::shared_ptr<BlockDevice> device, const VolumeOptions& options = {});

  Volume(Volume&&) noexcept;
  Volume& operator=(Volume&&) noexcept;
  ~Volume();

  /// Opens file `number`, which is made empty if there is none. The position of the handle starts
  /// at 0. Closing a handle, or all of them, loses nothing of the file.
  ///
  /// Ranges: any number.
  /// Errors: ENOMEM where memory runs out, EBADF for a volume that was moved from, ESTALE in a
  /// child of the process that opened it, EIO where the program's operator new throws anything else
  /// than std::bad_alloc.
  /// Threads: any.
  /// Since: 0.1.
  Result<File> file(std::uint64_t number);

  /// The size of a block.
  ///
  /// Units: bytes. 0 for a volume that was moved from.
  /// Threads: any.
  /// Since: 0.1.
  std::uint64_t block_size() const;

  /// The size of the device; the free part of it; the part that is reserved for blocks that are
  /// dirty and not on the device yet. blocks() is the sum of the two others and of the blocks that
  /// files have on the device.
  ///
  /// Units: blocks. 0 for a volume that was moved from; free_blocks() and reserved_blocks() are 0
  /// in a forked child.
  /// Threads: any; another thread's call may change the counts between two of these.
  /// Since: 0.1.
  std::uint64_t blocks() const;
  std::uint64_t free_blocks() const;
  std::uint64_t reserved_blocks() const;

 private:
  struct QUIRE_LOCAL State;
  explicit Volume(std::shared_ptr<State> state);
  bool is_usable() const;
  std::shared_ptr<State> state_;
  friend class File;
  friend struct impl::Innards;  // lets an audit see the state; libquire has none
};

/// A handle on a file. Since 0.1.
///
/// Errors: calls answer as the system calls of the same name do, but with the negative errno in
/// place of -1 (error.h). Each call that can fail also answers
///
/// - -EBADF once the handle is closed or was moved from,
/// - -ESTALE in a child of the process that opened the volume (see Volume),
/// - -ENOMEM when memory runs out, and -EIO where code of the caller's throws anything else.
///
/// Pointers that a call takes may be wrong: memory that cannot be accessed, also that of the array
/// of segments, ends the call short or with -EFAULT, and raises no signal. fault_handler.h says
/// how, and what a program with signal handlers of its own should know.
///
/// Threads: any thread may call, several at a time. A read sees all of a write or nothing of it,
/// except while the write waits for writeback (VolumeOptions::dirty_max). Calls that use the
/// handle's position take turns.
class QUIRE_API File {
 public:
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  /// Writes the bytes of the segments at `offset`, in order; at the handle's position, which then
  /// moves, if offset is -1. Reads the array of segments once, before anything else happens.
  /// pwritev2(2).
  ///
  /// Returns the number of bytes accepted, at most 0x7ffff000: every one of them is in the file
  /// from then on. Fewer than asked, and than that, mean that the rest met an error, which the next
  /// call reports.
  ///
  /// Ranges: offset is -1 or more; offset and length reach 2^63 - 1 at most; iovcnt is from 0 to
  /// 1024; a segment has at most SSIZE_MAX bytes; flags is 0.
  ///
  /// Errors; nothing was accepted:
  ///
  /// - EINVAL: offset, length, iovcnt or the length of a segment is out of range.
  /// - EFAULT: the array of segments cannot be read; a segment reaches into addresses that no
  ///   program can have; the first byte of the memory cannot be read. Memory may be protected, cut
  ///   off (SIGBUS) or unmapped anywhere behind that: the count stops there.
  /// - EOPNOTSUPP: flags is not 0. This version knows none.
  /// - ENOSPC: the volume has no block for the first page.
  /// - ENOMEM, EIO: no memory for the first folio, or the device could not read it.
  ///
  /// Threads: any.
  /// Since: 0.1.
  ssize_t pwritev2(const iovec* iov, int iovcnt, off_t offset, int flags);

  /// Reads at `offset` (-1: the position) up to the end of the file into the segments, in order.
  /// Bytes that were never written read as zero. preadv2(2).
  ///
  /// Returns the number of bytes read; 0 at the end of the file.
  ///
  /// Ranges and errors: as pwritev2(), but EFAULT if the first byte cannot be stored, and never
  /// ENOSPC.
  /// Threads: any.
  /// Since: 0.1.
  ssize_t preadv2(const iovec* iov, int iovcnt, off_t offset, int flags);

  /// Writes every dirty block of the file to the device, and flushes the device if its cache may
  /// hold data of the file. fsync(2).
  ///
  /// Returns 0, or the last error that writeback or a flush of this file's data met since the
  /// handle was opened or reported one, whichever call started it. Each handle reports an error
  /// once; a handle that is opened later reports an error that no handle has reported.
  ///
  /// Errors: those of the device. The blocks concerned are not written again: their data is lost
  /// when it leaves the cache. After -ENOMEM alone, which no other handle reports, they are still
  /// dirty.
  /// Threads: any; a handle that two threads sync at once reports an error to one of them.
  /// Since: 0.1.
  int fsync();

  /// Sets the size. Bytes past a smaller size are lost; bytes between the old size and a larger one
  /// read as zero. ftruncate(2).
  ///
  /// Units: bytes, 0 or more. Returns 0 or a negative errno, and then nothing has changed.
  /// Errors: EINVAL if length is negative; EIO, ENOMEM if the last block could not be read.
  /// Threads: any.
  /// Since: 0.1.
  int ftruncate(off_t length);

  /// The size of the file.
  ///
  /// Units: bytes, or a negative errno.
  /// Threads: any.
  /// Since: 0.1.
  off_t size() const;

  /// The position of the handle.
  ///
  /// Units: byte of the file, or a negative errno.
  /// Threads: any.
  /// Since: 0.1.
  off_t position() const;

  /// Drops every folio that is not dirty, as posix_fadvise(2) POSIX_FADV_DONTNEED does.
  ///
  /// Returns 0 or a negative errno.
  /// Threads: any; a folio that another thread has locked stays.
  /// Since: 0.1.
  int drop_cache();

  /// The device block of a block of the file, where it has one. After an fsync() that returned 0
  /// every block that was written has.
  ///
  /// Units: file_block counts blocks of the file from 0, the answer those of the device. Block b
  /// holds the bytes from b * block_size() on.
  /// Errors: none; empty where another call would fail.
  /// Threads: any.
  /// Since: 0.1.
  std::optional<std::uint64_t> device_block_of(std::uint64_t file_block) const;

  /// Closes the handle. Writes nothing back: call fsync() for that.
  ///
  /// Returns 0.
  /// Errors: EBADF if it was closed already.
  /// Threads: any; one of several that close it at once gets 0.
  /// Since: 0.1.
  int close();

 private:
  struct QUIRE_LOCAL Handle;
  explicit File(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
  friend class Volume;
  friend struct impl::Innards;  // as of Volume
};

}  // namespace quire

#endif  // QUIRE_CXX23
