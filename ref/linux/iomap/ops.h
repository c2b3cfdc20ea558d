// A file to iomap, and the operations that its file system provides.
#pragma once

#include "ref/cache/address_space.h"
#include "ref/device/device.h"
#include "ref/linux/iomap/mapping.h"
#include "spec/recorder.h"

#include <cstdint>
#include <functional>
#include <memory_resource>

namespace quire::ref::iomap {

/// Where another thread may run: no folio is locked there, and the file system holds no lock.
enum class Yield {
  mapped,        ///< behind a begin: the mapping may turn stale
  folio_wanted,  ///< before the lock of a folio, which may leave the cache meanwhile
};

/// A file as the page cache and iomap see it. A file system derives its inode from it.
struct File {
  File(
      Device& on, std::uint64_t file_number, std::uint64_t bytes_of_a_block,
      std::pmr::memory_resource* memory, spec::Recorder* recorder_or_null)
      : device(on),
        number(file_number),
        block_size(bytes_of_a_block),
        pages(bytes_of_a_block, memory),
        recorder(recorder_or_null) {}

  Device& device;
  std::uint64_t number;
  std::uint64_t block_size;  ///< bytes
  std::uint64_t size = 0;    ///< in core, bytes; changed under a folio's lock only (IOM-4)
  std::uint64_t folio_size_max = spec::kPageSize;  ///< bytes; a page times a power of two
  AddressSpace pages;
  spec::Recorder* recorder;  ///< receives each step; may be null

  /// Waits while too much is dirty; 0, or with nowait EAGAIN where it would sleep. Empty: it never
  /// sleeps.
  std::function<int(bool nowait)> throttle;
  /// Called when a folio of so many pages turns dirty (true), or turns clean or leaves the cache
  /// (false; BDP-5). May be empty.
  std::function<void(std::uint64_t pages, bool dirty)> count_dirty;
  /// Called to wait for a folio's lock: the holder runs and unlocks it, and may drop the folio if
  /// get_locked_folio() waits for it (PC-9). Empty: there is no other user.
  std::function<void(Folio&)> wait_for_folio;
  /// Called where another thread may run. It may write the file back, and drop its clean folios.
  /// Empty: there is none.
  std::function<void(Yield)> others_run;
  /// Called with a negative errno, once for each folio whose writeback failed (WBK-3). May be
  /// empty.
  std::function<void(int error)> record_error;
};

/// The operations of a file system (Linux: struct iomap_ops and iomap_write_ops). Answers are 0 or
/// a negative errno. Positions and lengths are bytes of the file.
class Ops {
 public:
  virtual ~Ops() = default;

  /// Maps a range that starts at or before `pos` and reaches past it; it need not be [pos, pos +
  /// length) whole (ITR-1). source: what to read where a write covers a block in part; a hole
  /// unless it differs from `mapping` (CoW). No lock of the file system is held on return (LK-3).
  virtual int begin(
      std::uint64_t pos, std::uint64_t length, const Request& request, Mapping& mapping,
      Mapping& source) = 0;

  /// Exactly once for each begin that answered 0. written: bytes done of [pos, pos + length).
  /// Releases what begin reserved and the write did not use (DA-1).
  virtual int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const Request& request,
      const Mapping& mapping) = 0;

  /// Whether the mapping is still valid; called with a folio locked (IOM-2).
  virtual bool valid(const Mapping& mapping) = 0;
};

/// A run of blocks that writeback writes to the device at once (Linux: struct iomap_ioend).
struct Ioend {
  std::uint64_t pos = 0;     ///< bytes of the file
  std::uint64_t length = 0;  ///< bytes, never past the size at submission (WBK-2)
  Mapping mapping;           ///< its blocks; covers [pos, pos + length) rounded up to blocks
  int error = 0;             ///< the device's answer, 0 or a negative errno
};

/// The operations of a file system for writeback (Linux: struct iomap_writeback_ops).
class WritebackOps {
 public:
  virtual ~WritebackOps() = default;

  /// Maps the dirty block at `pos`: mapped or unwritten, or a hole if it is not to be written.
  /// Called under the folio's lock; the CoW fork wins over the data fork (5.4).
  virtual int map_block(std::uint64_t pos, Mapping& mapping) = 0;

  /// Completes a run after the device has answered: converts the extents, then grows the size on
  /// disk (5.4). The caller ends the folios' writeback after it. Returns 0, or the error that the
  /// file's next fsync must report.
  virtual int complete(const Ioend& run) = 0;
};

}  // namespace quire::ref::iomap
