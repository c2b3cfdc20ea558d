// The files of a case, on ref and on a kernel's file system.
#pragma once

#include "props/actors/yield_point.h"
#include "props/device/device_counts.h"
#include "props/device/fault_injector.h"
#include "props/differential/command.h"
#include "spec/recorder.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace quire::props {

/// One of a file's handles: 0 is plain, 1 and 2 append (O_APPEND); Setting::sync may make number 2
/// synchronous. kObserver is a plain one that no command uses, so that a check moves no position.
struct Handle {
  static constexpr std::uint64_t kSync = 2;
  static constexpr std::uint64_t kObserver = 3;

  std::uint64_t file;
  std::uint64_t number;
};

/// The range of a file that a call takes bytes from.
struct Source {
  std::uint64_t file;
  std::int64_t from;
  std::int64_t length;
};

/// What a write changes of a file besides its bytes.
struct Attributes {
  std::uint64_t modify_time = 0;  ///< ticks
  std::uint64_t version = 0;
};

/// Empty files on a volume of their own. All calls answer as the system calls do, with a negative
/// errno for an error. The object's destructor removes the files.
class Files {
 public:
  virtual ~Files() = default;

  /// "ref", "ref-xfs", "ref-f2fs", or the kind of file system of a kernel.
  virtual const std::string& name() const = 0;

  virtual std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) = 0;
  virtual std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) = 0;

  /// Writes the source's bytes out of a shared mapping of that file; ref has no such mapping and
  /// takes the bytes as they are. Bytes past the page of the file's end cannot be read.
  virtual std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) = 0;

  virtual int fsync(Handle h) = 0;
  virtual int fdatasync(Handle h) = 0;
  virtual int syncfs(Handle h) = 0;
  virtual int truncate(Handle h, std::int64_t length) = 0;
  virtual int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) = 0;
  virtual int clone(Handle h, Source source, std::int64_t at) = 0;
  virtual std::int64_t seek(Handle h, std::int64_t offset, int whence) = 0;
  virtual std::int64_t size(std::uint64_t file) = 0;

  /// Stores bytes other than zero through a shared mapping of the file, from its end to the end of
  /// the page that holds its last byte. Whether there was such a place, and it could be stored to.
  virtual bool store_mapped(std::uint64_t /*file*/) { return false; }

  /// Writes the file's dirty blocks to the device, as a flusher does: nothing is durable yet. Files
  /// that cannot do it do nothing.
  virtual void write_back(std::uint64_t /*file*/) {}

  // For files whose device the checker sees; the others have no durable size.

  /// The size that the file would have after a power cut now, bytes. Size and block map of ref's
  /// plain files are in memory alone, and count as durable.
  virtual std::optional<std::uint64_t> durable_size(std::uint64_t /*file*/) { return {}; }
  /// Its bytes [pos, pos + to.size()) then; zero past that size.
  virtual void read_durable(
      std::uint64_t /*file*/, std::uint64_t /*pos*/, std::span<std::byte> /*to*/) {}
  /// The calls that the device has got.
  virtual DeviceCounts device_counts() { return {}; }
  /// Lets the device and the memory of a volume fail; null where they cannot.
  virtual FaultInjector* faults() { return nullptr; }

  // For files whose caller, clock and locks the checker plays; the others do nothing.

  /// The caller's clock goes on.
  virtual void pass_time(std::uint64_t /*ticks*/) {}
  /// How long all calls have slept, waiting for writeback; ms.
  virtual std::uint64_t slept() { return 0; }
  virtual Attributes attributes(std::uint64_t /*file*/) { return {}; }
  /// How many blocks of bytes [pos, end) of the file have another owner.
  virtual std::uint64_t shared_blocks(
      std::uint64_t /*file*/, std::uint64_t /*pos*/, std::uint64_t /*end*/) {
    return 0;
  }
  /// Whether byte `pos` of the file lies in a cluster that is stored compressed.
  virtual bool is_compressed(std::uint64_t /*file*/, std::uint64_t /*pos*/) { return false; }
  /// Whether the page of byte `pos` is cached, and its bytes are not in the inode.
  virtual bool is_cached(std::uint64_t /*file*/, std::uint64_t /*pos*/) { return false; }
  /// How often writes that found no space, or no quota, have looked for some to free.
  virtual std::uint64_t space_scans() { return 0; }
  /// Another thread takes the lock c.held of the file; if that is a folio's, of the folio at byte
  /// `pos`. Returns the key of the lock, as the recorder knows it, or nothing if c cannot meet the
  /// lock. The next call must be c, which does not wait, and the one after it let_go().
  virtual std::optional<std::uint64_t> hold(const Command& /*c*/, std::uint64_t /*pos*/) {
    return {};
  }
  virtual void let_go(std::uint64_t /*file*/) {}

  /// Writes the file's cache back as far as possible, and drops the clean part.
  virtual void drop_cache(std::uint64_t file) = 0;
  /// Closes the handle and opens it again. ref's files answer EBADFD if a call on the closed handle
  /// answered otherwise than EBADF.
  virtual int reopen(Handle h) = 0;

  /// Sets RLIMIT_FSIZE (bytes) for the calls that follow, or lifts it.
  virtual void set_limit(std::optional<std::uint64_t> bytes) = 0;
  /// Whether SIGXFSZ has come since the last call of this.
  virtual bool take_signal() = 0;

  /// Calls visit(point) wherever another thread may run in the calls that follow; an empty one ends
  /// that. It may call fsync() and drop_cache(). False: these files have no such points.
  virtual bool at_yields(std::function<void(YieldPoint)> /*visit*/) { return false; }

  /// Takes all of the volume's space but for about `leave` bytes. Does nothing for ref's plain
  /// files, whose volume is large enough for every case.
  virtual void fill(std::uint64_t leave) = 0;
  /// Gives that space back.
  virtual void release() = 0;

  /// After a call: walks the structures of the volume, and reports what they hold to the recorder
  /// (props/audit). A kernel's are out of reach.
  virtual void audit() {}

  /// Once every file is empty: the blocks that leaked, or nothing.
  virtual std::optional<std::string> leak() = 0;
};

/// Makes the files of one case at a time.
class FilesFactory {
 public:
  virtual ~FilesFactory() = default;
  /// setting: of ref's volume; a kernel's volume has its own. recorder: gets ref's steps; it must
  /// outlive the files.
  virtual std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) = 0;
};

/// A volume of `bytes` bytes in memory, poisoned wherever nothing was written. By ref's plain write
/// path, and by its models of XFS and F2FS. Setting::mount says how a model's volume is mounted
/// (xfs_files.cpp, f2fs_files.cpp).
std::unique_ptr<FilesFactory> make_ref_files(std::uint64_t bytes);
std::unique_ptr<FilesFactory> make_xfs_files(std::uint64_t bytes);
/// ref's model of XFS, where each kind of quota has the limits and owners that the setting gives
/// the one before it: user's are the group's, and so on in a circle.
std::unique_ptr<FilesFactory> make_turned_xfs_files(std::uint64_t bytes);
std::unique_ptr<FilesFactory> make_f2fs_files(std::uint64_t bytes);

/// A new file system of the running kernel (DetachedMount says which). Throws std::runtime_error
/// with one line that names the kind and the cause.
std::unique_ptr<FilesFactory> make_kernel_files(const std::string& kind);

/// On a new file system of another kernel, in a machine of its own (guest::Machine says which).
/// version: "6.1" or "6.12". Throws as make_kernel_files().
std::unique_ptr<FilesFactory> make_guest_files(const std::string& kind, const std::string& version);

}  // namespace quire::props
