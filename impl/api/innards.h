// The inner structures of a volume, for an audit that counts them anew (props/audit).
//
// No file of the library includes this header: each class below only declares Innards its friend.
#pragma once

#include "impl/api/handles.h"
#include "impl/space/indexed_allocator.h"
#include "impl/space/own_allocator.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

namespace quire::impl {

/// Each function shows a part that a class hides. Requires that no other thread uses the volume:
/// no lock is taken.
struct Innards {
  static const auto& of(const Volume& volume) { return *volume.state_; }
  static const auto& of(const File& file) { return *file.handle_; }

  // A file.
  static const PageCache& folios(const Inode& file) { return file.cached_.folios_; }
  static bool has_stale_tail(const Inode& file) { return file.cached_.stale_tail_.load(); }
  static const DirtyFile& dirty(const Inode& file) { return file.dirty_; }
  static const BlockMap& blocks(const Inode& file) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return file.space_.map_;
  }
  static const UnflushedFile& unflushed(const Inode& file) { return file.writeback_.unflushed_; }
  static std::uint64_t errors(const Inode& file) { return file.writeback_.errors_.state_.load(); }

  // The index of its folios.
  static constexpr std::size_t kPages = PageCache::kPages;
  static const auto& windows(const PageCache& folios) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return folios.windows_;
  }
  static std::uint32_t references(const Folio& folio) { return folio.references_.load(); }
  static bool is_locked(const Folio& folio) {
    return folio.mutex_.state_.load() != FolioMutex::kFree;
  }
  static std::span<const std::byte> bytes(const Folio& folio) {
    return {folio.data_, folio.size()};
  }
  static const BlockBits& uptodate(const Folio& folio) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return folio.uptodate;
  }
  static const BlockBits& dirty(const Folio& folio) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return folio.dirty;
  }
  static std::span<const std::uint64_t> words(const BlockBits& bits) {
    return {bits.words_.data(), bits.words_.size()};
  }

  // Its blocks of the device, and the volume's.
  static const std::map<std::uint64_t, Extent>& runs(const BlockMap& blocks) {
    return blocks.runs_;
  }
  static const SpaceAllocator& allocator(const Space& space) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return *space.allocator_;
  }
  /// The levels of the bitmap of granted blocks, the lowest first: chunks of kChunkBits by number.
  static constexpr std::uint64_t kChunkBits = SparseBitmap::kChunkBits;
  static const auto& levels(const SparseBitmap& granted) { return granted.levels_; }
  /// An allocator of libquire's; null if the volume's is another one.
  template <class A>
  static const A* own(const SpaceAllocator& allocator) {
    const auto* const own = dynamic_cast<const OwnAllocator<A>*>(&allocator);
    return own != nullptr ? &own->allocator_ : nullptr;
  }
  /// Its index of free blocks, and whether it keeps one.
  template <class Index>
  static const Index& index(const IndexedAllocator<Index>& allocator) {
    return allocator.index_;
  }
  template <class Index>
  static bool is_indexed(const IndexedAllocator<Index>& allocator) {
    return allocator.is_indexed_;
  }
  template <class Index>
  static const auto& by_place(const Index& extents) {
    return extents.by_place_;
  }
  template <class Index>
  static const auto& by_size(const Index& extents) {
    return extents.by_size_;
  }
  template <class Index>
  static const auto& by_order(const Index& buddies) {
    return buddies.by_order_;
  }
  template <class Index>
  static std::uint64_t orders(const Index& buddies) {
    return buddies.orders_;
  }
  static const auto& preallocations(const Space& space) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return space.preallocations_.by_start_;
  }
  static const auto& preallocations_by_age(const Space& space) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
    return space.preallocations_.by_age_;
  }

  // What the volume lists of its files.
  static const auto& files(const DirtyFiles& dirty) { return dirty.files_; }
  static const auto& files(const Flusher& flusher) { return flusher.files_; }
  static std::uint64_t flushes(const Flusher& flusher) { return flusher.flushes_begun_; }
};

}  // namespace quire::impl
