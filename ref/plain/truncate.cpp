// Changing a file's size: the last block, then all that lies past it.
#include "ref/plain/truncate.h"

#include "ref/cache/cut_recorder.h"
#include "ref/noted_lock.h"
#include "ref/plain/read_folio.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref {
namespace {

void set_size(Inode& inode, std::uint64_t length) {
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  inode.size = length;
}

/// Whether the block of byte `pos` is written on the device.
bool is_written(Inode& inode, std::uint64_t pos) {
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  return inode.blocks.find_written(pos / inode.volume.block_size).has_value();
}

/// Zeroes the cached block from `length` on, so that writeback zeroes the device. Returns 0, or a
/// negative errno with nothing changed.
int zero_rest_of_last_block(Inode& inode, std::uint64_t length) {
  if (length % inode.volume.block_size == 0 || !is_written(inode, length)) return 0;
  Folio* const folio = inode.pages.find_or_make(length);
  if (folio == nullptr) return -ENOMEM;
  lock_folio(inode, *folio);
  const int error = folio->uptodate() ? 0 : read_folio(inode, *folio, length);
  if (error == 0) {
    const CountedFolio counted(inode, *folio);
    const std::uint64_t block = (length - folio->pos()) / inode.volume.block_size;
    std::ranges::fill(folio->bytes(length, folio->block_end(block)), std::byte{0});
    folio->blocks[block].dirty = true;
  }
  unlock_folio(inode, *folio);
  return error;
}

/// Cuts the folio at `length`: zeroes its bytes there, makes the blocks that start there clean and
/// releases their reservations.
void cut_folio(Inode& inode, Folio& folio, std::uint64_t length) {
  lock_folio(inode, folio);
  const CountedFolio counted(inode, folio);
  folio.zero_from(length);
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.block_pos(i) < length) continue;
    const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
    const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
    if (is_delayed(inode, folio, i)) inode.volume.space.unreserve(1);
    folio.blocks[i].dirty = false;
  }
  unlock_folio(inode, folio);
}

void drop_cache_past(Inode& inode, std::uint64_t length) {
  const CutRecorder recorder(
      inode.pages, nullptr, inode.volume.recorder, length, ~std::uint64_t{0});
  for (auto& [index, folio] : inode.pages.folios()) {
    if (length < folio.end()) cut_folio(inode, folio, length);
  }
  inode.pages.drop_from(length);
}

void free_blocks_past(Inode& inode, std::uint64_t length) {
  const std::uint64_t first =
      spec::round_up(length, inode.volume.block_size) / inode.volume.block_size;
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
  for (const std::uint64_t block : inode.blocks.erase_from(first)) inode.volume.space.free(block);
}

}  // namespace

int zero_stale_tail(Inode& inode) {
  if (!inode.stale_tail) return 0;
  if (const int error = zero_rest_of_last_block(inode, inode.size); error != 0) return error;
  inode.stale_tail = false;
  return 0;
}

int truncate(Inode& inode, std::uint64_t length) {
  if (inode.size < length) {
    if (const int error = zero_stale_tail(inode); error != 0) return error;
  }
  if (length < inode.size) {
    if (const int error = zero_rest_of_last_block(inode, length); error != 0) return error;
    drop_cache_past(inode, length);
  }
  // To the same size too: fallocate may have allocated blocks past it.
  if (length <= inode.size) free_blocks_past(inode, length);
  set_size(inode, length);
  return 0;
}

}  // namespace quire::ref
