// The folios of one file, found by position.
#pragma once

#include "impl/cache/folio.h"
#include "impl/locks/locks.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>

namespace quire::impl {

/// A table from page to folio. Windows of 2 MiB, the largest folio, are ordered by position; within
/// one, each page has a slot, so that one step finds a folio of any size. Any thread may call.
class PageCache {
 public:
  PageCache(std::uint64_t block_size, std::pmr::memory_resource& memory)
      : block_size_(block_size), memory_(memory) {}
  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;
  ~PageCache() QUIRE_NO_THREAD_SAFETY_ANALYSIS;  // nobody else is left to lock a folio

  /// The folio that holds byte `pos` of the file, or null.
  FolioPtr find(std::uint64_t pos) QUIRE_EXCLUDES(index_lock_);

  /// The folio that holds byte `pos`, locked, or null.
  FolioPtr find_locked(std::uint64_t pos)
      QUIRE_EXCLUDES(index_lock_) QUIRE_NO_THREAD_SAFETY_ANALYSIS;

  /// The folio that holds byte `pos`, locked. If there is none, makes one, stale in all blocks: as
  /// large as `want` bytes from `pos` on suggest, but aligned to its size, over no other folio, and
  /// smaller where memory is short (PC-8). Null when there is not even memory for a page.
  /// Clang's analysis does not see that the folio is locked: the caller runs assert_locked().
  FolioPtr find_or_make_locked(std::uint64_t pos, std::uint64_t want)
      QUIRE_EXCLUDES(index_lock_) QUIRE_NO_THREAD_SAFETY_ANALYSIS;

  /// The first folio that ends after `pos`, or null: `pos = folio->end()` leads to the next one.
  /// Needs no memory.
  FolioPtr first_from(std::uint64_t pos) QUIRE_EXCLUDES(index_lock_);

  /// Takes a folio, which the caller has locked, out of the cache.
  void remove(Folio& folio) QUIRE_REQUIRES(folio.mutex()) QUIRE_EXCLUDES(index_lock_);

 private:
  friend struct Innards;

  static constexpr std::size_t kPages = spec::kFolioSizeMax / spec::kPageSize;
  struct Window {
    /// Each folio counts one reference, however many slots it has.
    std::array<Folio*, kPages> slots{};
    std::size_t pages = 0;  // slots in use
  };

  FolioPtr find_or_make(std::uint64_t pos, std::uint64_t want) QUIRE_EXCLUDES(index_lock_);
  Window* window_of(std::uint64_t pos) QUIRE_REQUIRES(index_lock_);
  unsigned order_for(std::uint64_t pos, std::uint64_t want) QUIRE_REQUIRES(index_lock_);
  FolioPtr make(std::uint64_t pos, unsigned order) QUIRE_REQUIRES(index_lock_);

  const std::uint64_t block_size_;
  std::pmr::memory_resource& memory_;
  QUIRE_LOCK(Mutex, CacheIndex) index_lock_;
  std::map<std::uint64_t, std::unique_ptr<Window>> windows_ QUIRE_GUARDED_BY(index_lock_);
  std::uint64_t last_key_ QUIRE_GUARDED_BY(index_lock_) = 0;
  Window* last_ QUIRE_GUARDED_BY(index_lock_) =
      nullptr;  // writes come in runs: the window used last
};

}  // namespace quire::impl
