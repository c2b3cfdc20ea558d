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

/// Whether the device holds something to be seen in the block of byte `pos`.
bool is_written(Inode& inode, std::uint64_t pos) {
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  return inode.blocks.find_written(pos / inode.volume.block_size).has_value();
}

/// Sees to it that the device will hold zeroes from `length` to the end of the block. Returns 0, or
/// a negative errno; then nothing has changed.
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

/// Makes the folio hold nothing past `length`: its bytes there are zero, its blocks that start
/// there clean, their reservations taken back.
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

int truncate(Inode& inode, std::uint64_t length) {
  if (length < inode.size) {
    if (const int error = zero_rest_of_last_block(inode, length); error != 0) return error;
    drop_cache_past(inode, length);
  }
  // At the very size too: what fallocate has taken past it is given back.
  if (length <= inode.size) free_blocks_past(inode, length);
  set_size(inode, length);
  return 0;
}

}  // namespace quire::ref
