// A folio: a run of 2^order pages of one file, cached as one.
#pragma once

#include "impl/cache/block_bits.h"
#include "impl/locks/locks.h"
#include "spec/geometry.h"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>

namespace quire::impl {

/// Reached through FolioPtr only. A thread with a FolioPtr may lock the folio, and read what never
/// changes (pos, size); everything else belongs to the holder of the lock.
class Folio {
 public:
  /// pos: first byte in the file, a multiple of the size. Throws std::bad_alloc when `memory`
  /// refuses.
  Folio(
      std::uint64_t pos, unsigned order, std::uint64_t block_size,
      std::pmr::memory_resource& memory);
  Folio(const Folio&) = delete;
  Folio& operator=(const Folio&) = delete;
  ~Folio();

  std::uint64_t pos() const { return pos_; }
  std::uint64_t size() const { return spec::kPageSize << order_; }
  std::uint64_t end() const { return pos_ + size(); }
  std::uint64_t block_size() const { return std::uint64_t{1} << block_shift_; }
  std::uint64_t block_shift() const { return block_shift_; }

  void lock() QUIRE_ACQUIRE(mutex_) { mutex_.lock(pos_); }
  bool try_lock() QUIRE_TRY_ACQUIRE(true, mutex_) { return mutex_.try_lock(pos_); }
  void unlock() QUIRE_RELEASE(mutex_) { mutex_.unlock(pos_); }
  void assert_locked() const QUIRE_ASSERT_CAPABILITY(mutex_) { mutex_.assert_held(); }
  /// The lock, for the annotation of a function that requires the folio locked.
  const FolioMutex& mutex() const QUIRE_RETURN_CAPABILITY(mutex_) { return mutex_; }

  /// The memory of a byte of the file that this folio holds.
  std::byte* at(std::uint64_t pos) { return data_ + (pos - pos_); }
  /// Number of the block of this folio that holds a byte of the file.
  std::size_t block_of(std::uint64_t pos) const { return (pos - pos_) >> block_shift_; }
  /// Number of the first block that starts at or after a byte of the file.
  std::size_t block_after(std::uint64_t pos) const { return block_of(pos + block_size() - 1); }
  /// First byte in the file of a block of this folio.
  std::uint64_t block_pos(std::size_t block) const {
    return pos_ + (std::uint64_t{block} << block_shift_);
  }

 private:
  QUIRE_ACQUIRED_AFTER(order::FolioLockBegins)
  QUIRE_ACQUIRED_BEFORE(order::FolioLockEnds) FolioMutex mutex_;

 public:
  /// Blocks whose memory holds the data of the file.
  BlockBits uptodate QUIRE_GUARDED_BY(mutex_);
  /// Blocks that must reach the device; each is uptodate (IFS-3).
  BlockBits dirty QUIRE_GUARDED_BY(mutex_);
  /// No longer in the cache: a thread that waited for its lock must look up the folio again (WB-1).
  bool dropped QUIRE_GUARDED_BY(mutex_) = false;

 private:
  friend struct Innards;
  friend void intrusive_ptr_add_ref(Folio* folio) {
    folio->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(Folio* folio) {
    if (folio->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete folio;
  }

  std::uint64_t pos_;
  unsigned order_;
  unsigned block_shift_;
  std::pmr::memory_resource& memory_;
  std::byte* data_;
  std::atomic<std::uint32_t> references_{0};
};

/// Holds a folio's lock to the end of the scope.
class QUIRE_SCOPED_CAPABILITY FolioGuard {
 public:
  explicit FolioGuard(Folio& folio) QUIRE_ACQUIRE(folio.mutex()) : folio_(folio) { folio_.lock(); }
  /// For a folio that the caller has locked.
  FolioGuard(Folio& folio, std::adopt_lock_t) QUIRE_REQUIRES(folio.mutex()) : folio_(folio) {}
  FolioGuard(const FolioGuard&) = delete;
  FolioGuard& operator=(const FolioGuard&) = delete;
  ~FolioGuard() QUIRE_RELEASE() { folio_.unlock(); }

 private:
  Folio& folio_;
};

using FolioPtr = boost::intrusive_ptr<Folio>;

}  // namespace quire::impl
