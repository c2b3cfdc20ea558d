// What iomap knows of a file, and what it asks of the file's file system.
#pragma once

#include "ref/cache/address_space.h"
#include "ref/device/device.h"
#include "ref/linux/iomap/mapping.h"
#include "spec/recorder.h"

#include <cstdint>
#include <functional>
#include <memory_resource>

namespace quire::ref::iomap {

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
  spec::Recorder* recorder;  ///< hears each step; may be null

  /// Waits while too much is dirty; 0, or with nowait EAGAIN where it would sleep. Empty: it never
  /// sleeps.
  std::function<int(bool nowait)> throttle;
  /// Hears that a folio of so many pages has turned dirty, or clean, or left the cache (BDP-5). May
  /// be empty.
  std::function<void(std::uint64_t pages, bool dirty)> count_dirty;
  /// Called where a folio's lock must be waited for: the turn of whoever holds it, who unlocks it,
  /// and may drop it if it is waited for by get_locked_folio() (PC-9). Empty: there is nobody else.
  std::function<void(Folio&)> wait_for_folio;
  /// Hears a negative errno once for each folio that writeback failed for (WBK-3). May be empty.
  std::function<void(int error)> record_error;
};

/// What the file system answers (Linux: struct iomap_ops and iomap_write_ops). Answers are 0 or a
/// negative errno. Positions and lengths are bytes of the file.
class Ops {
 public:
  virtual ~Ops() = default;

  /// Maps a range that starts at or before `pos` and reaches past it; it need not be [pos, pos +
  /// length) whole (ITR-1). source: what to read where a write covers a block in part; a hole
  /// unless it differs from `mapping` (CoW). No lock of the file system is held on return (LK-3).
  virtual int begin(
      std::uint64_t pos, std::uint64_t length, const Request& request, Mapping& mapping,
      Mapping& source) = 0;

  /// Exactly once for each begin that answered 0. written: bytes done of [pos, pos + length). Gives
  /// back what begin reserved and nothing uses (DA-1).
  virtual int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const Request& request,
      const Mapping& mapping) = 0;

  /// Whether the mapping still holds; asked with a folio locked (IOM-2).
  virtual bool valid(const Mapping& mapping) = 0;
};

/// A run of blocks that writeback brings to the device in one piece (Linux: struct iomap_ioend).
struct Ioend {
  std::uint64_t pos = 0;     ///< bytes of the file
  std::uint64_t length = 0;  ///< bytes, never past the size at submission (WBK-2)
  Mapping mapping;           ///< where it lies; covers [pos, pos + length) rounded up to blocks
  int error = 0;             ///< the device's answer, 0 or a negative errno
};

/// What writeback asks of the file system (Linux: struct iomap_writeback_ops).
class WritebackOps {
 public:
  virtual ~WritebackOps() = default;

  /// A place for the dirty block at `pos`: mapped or unwritten, or a hole where nothing is to be
  /// written. Asked under the folio's lock; the CoW fork wins over the data fork (5.4).
  virtual int map_block(std::uint64_t pos, Mapping& mapping) = 0;

  /// The device has answered for the run. In this order: the extents are converted, then the size
  /// on disk grows (5.4); the caller ends writeback of the folios after it. Returns the error that
  /// the file's next fsync must tell, 0 if none.
  virtual int complete(const Ioend& run) = 0;
};

}  // namespace quire::ref::iomap
