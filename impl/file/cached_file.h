// The cached part of one file: its folios, their blocks, and how many of these are dirty.
#pragma once

#include "impl/cache/page_cache.h"
#include "impl/file/dirty_files.h"
#include "impl/file/file_size.h"
#include "impl/file/volume_state.h"
#include "impl/space/file_space.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace quire::impl {

/// Any thread may call. Between calls each dirty block that is a hole holds one reserved block, and
/// nothing else holds one (DA-1, ACC-1).
class CachedFile {
 public:
  /// dirty: the file's entry among the dirty files of the volume.
  CachedFile(VolumeState& volume, FileSpace& space, const FileSize& size, DirtyFile& dirty)
      : volume_(volume),
        space_(space),
        size_(size),
        dirty_(dirty),
        folios_(volume.block_size, volume.memory) {}
  CachedFile(const CachedFile&) = delete;
  CachedFile& operator=(const CachedFile&) = delete;

  PageCache& folios() { return folios_; }

  /// Makes the stale blocks among [first, end) of a locked folio uptodate: reads those that are
  /// mapped, zeroes holes and bytes past the size. 0 or a negative errno, and then nothing has
  /// changed.
  int read_or_zero(Folio& folio, std::size_t first, std::size_t end) QUIRE_REQUIRES(folio.mutex())
      QUIRE_EXCLUDES(space_.mutex());
  /// The same for the bytes [pos, end), as far as the file goes and up to the first error.
  void read_or_zero(std::uint64_t pos, std::uint64_t end);

  /// How many blocks must be reserved before all of a locked folio's range [pos, end) may be dirty.
  std::uint64_t blocks_to_reserve(const Folio& folio, std::uint64_t pos, std::uint64_t end)
      QUIRE_REQUIRES(folio.mutex()) QUIRE_EXCLUDES(space_.mutex());
  /// Marks blocks of a locked folio dirty. Those that are holes take a reserved block each.
  void mark_dirty(Folio& folio, std::size_t first, std::size_t end) QUIRE_REQUIRES(folio.mutex());
  /// So many bytes are not dirty any more.
  void count_clean(std::uint64_t bytes) { volume_.dirty.subtract(dirty_, bytes); }
  std::uint64_t dirty_blocks() const { return dirty_.bytes.load() / volume_.block_size; }

  /// Zeroes the rest of the block that holds `pos`, where the file ends there from now on. Marks
  /// the block dirty if it is mapped. 0 or a negative errno, and then nothing has changed.
  int zero_tail(std::uint64_t pos);
  /// The device has not taken the mapped block in which the file ends: past the end it may hold
  /// bytes that a truncate has cut off.
  void note_stale_tail() { stale_tail_.store(true); }
  /// Before the file grows: zeroes that block from the end on, if it may be needed. The caller
  /// keeps out other writers. 0 or a negative errno, and then nothing has changed.
  int zero_stale_tail();
  /// Drops the blocks past `pos`, and releases their reservations. The caller keeps out writers and
  /// writeback.
  void drop_past(std::uint64_t pos);
  /// Drops the folios that nobody has locked and that have no dirty block. The caller keeps out
  /// writeback: a folio that it writes must not be read back before the device has it.
  void drop_clean();

 private:
  friend struct Innards;

  /// How many blocks of a locked folio, from block `first` on, hold a reservation.
  std::uint64_t reserved_blocks(const Folio& folio, std::size_t first) QUIRE_REQUIRES(folio.mutex())
      QUIRE_EXCLUDES(space_.mutex());

  VolumeState& volume_;
  FileSpace& space_;
  const FileSize& size_;
  DirtyFile& dirty_;
  PageCache folios_;
  std::atomic<bool> stale_tail_{false};
};

}  // namespace quire::impl
