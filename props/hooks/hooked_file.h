// The file that a user's write_begin and write_end work on: its cache, its space, its device.
//
// All a hook needs stands here and in spec/hooks.h. Interfaces alone, so that a shared object that
// brings hooks links nothing.
#pragma once

#include "spec/hooks.h"
#include "spec/locks/order.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::props {

/// A folio of the file's cache. Positions are bytes of the file, and ranges lie in the folio. Bytes
/// and marks may be used while the hooks have the folio locked, and then alone.
class HookedFolio {
 public:
  HookedFolio() = default;
  HookedFolio(const HookedFolio&) = delete;
  HookedFolio& operator=(const HookedFolio&) = delete;

  virtual std::uint64_t pos() const = 0;
  virtual std::uint64_t size() const = 0;
  std::uint64_t end() const { return pos() + size(); }

  /// Its bytes of [from, to). Those of a new folio are what the memory held before.
  virtual std::span<std::byte> bytes(std::uint64_t from, std::uint64_t to) = 0;

  /// Whether each block that [from, to) touches holds the file's contents.
  virtual bool is_uptodate(std::uint64_t from, std::uint64_t to) const = 0;
  /// Marks the blocks that [from, to) touches: they hold the file's contents; they must be written
  /// to the device.
  virtual void mark_uptodate(std::uint64_t from, std::uint64_t to) = 0;
  virtual void mark_dirty(std::uint64_t from, std::uint64_t to) = 0;

 protected:
  ~HookedFolio() = default;
};

/// One file on a volume. Its blocks are dirty, on the device, both, or neither: a hole. A dirty
/// block that is not on the device has one reservation of space; writeback, which the hooks never
/// see, turns that into a block of the device. Errors are negative errno.
class HookedFile {
 public:
  HookedFile() = default;
  HookedFile(const HookedFile&) = delete;
  HookedFile& operator=(const HookedFile&) = delete;

  /// Bytes: a power of two from 512 to a page.
  virtual std::uint64_t block_size() const = 0;

  /// Bytes. Nobody reads the file past it, and writeback zeroes what lies there.
  virtual std::uint64_t size() const = 0;
  virtual void set_size(std::uint64_t size) = 0;

  /// Finds or makes the folio that holds byte `pos`, waits for its lock and takes it. It may be of
  /// any size, whatever is wanted. Null: there is no memory for it (ENOMEM).
  virtual HookedFolio* lock_folio(std::uint64_t pos, std::uint64_t want) = 0;
  virtual void unlock_folio(HookedFolio& folio) = 0;

  /// Whether a write to the block that holds byte `pos` needs a reservation: it is neither on the
  /// device nor dirty.
  virtual bool needs_space(std::uint64_t pos) const = 0;
  /// Reserves so many blocks, or none. Returns 0 or ENOSPC.
  virtual int reserve(std::uint64_t blocks) = 0;
  virtual void unreserve(std::uint64_t blocks) = 0;

  /// Whether the block that holds byte `pos` lies on the device.
  virtual bool is_mapped(std::uint64_t pos) const = 0;
  /// Reads the block that holds byte `pos` from the device, where it must lie, to `to`, of the size
  /// of a block. Returns 0 or EIO; then `to` holds anything.
  virtual int read_block(std::uint64_t pos, std::span<std::byte> to) = 0;

  /// Waits for a lock and takes it, or drops it. rank: spec::rank_of<LockClass>, of
  /// spec/locks/order.h. HookedLock does both.
  virtual void lock(std::uint64_t rank, std::uint64_t key) = 0;
  virtual void unlock(std::uint64_t rank, std::uint64_t key) = 0;

 protected:
  ~HookedFile() = default;
};

/// A lock of the file system, for a scope: HookedLock<spec::BlockMapLock>. Nobody else wants it;
/// the checker judges the order.
template <class LockClass>
class HookedLock {
 public:
  explicit HookedLock(HookedFile& file, std::uint64_t key = 0) : file_(file), key_(key) {
    file_.lock(spec::rank_of<LockClass>, key_);
  }
  ~HookedLock() { file_.unlock(spec::rank_of<LockClass>, key_); }
  HookedLock(const HookedLock&) = delete;
  HookedLock& operator=(const HookedLock&) = delete;

 private:
  HookedFile& file_;
  std::uint64_t key_;
};

}  // namespace quire::props
