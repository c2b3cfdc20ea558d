// Ranges of a file's blocks.
#include "ref/plain/range.h"

#include "ref/noted_lock.h"
#include "ref/plain/read_folio.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref {
namespace {

/// Block `block` of the file in the cache: its folio, and its number there. No folio if it is not
/// cached.
struct CachedBlock {
  Folio* folio;
  std::size_t i;
};

CachedBlock cached(Inode& inode, std::uint64_t block) {
  const std::uint64_t pos = block * inode.volume.block_size;
  Folio* const folio = inode.pages.find(pos);
  if (folio == nullptr) return {nullptr, 0};
  return {folio, (pos - folio->pos()) / inode.volume.block_size};
}

bool is_dirty(Inode& inode, std::uint64_t block) {
  const auto [folio, i] = cached(inode, block);
  return folio != nullptr && folio->blocks[i].dirty;
}

std::optional<std::uint64_t> next_dirty(Inode& inode, std::uint64_t block) {
  const std::uint64_t block_size = inode.volume.block_size;
  for (const auto& [index, folio] : inode.pages.folios()) {
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      const std::uint64_t here = folio.block_pos(i) / block_size;
      if (block <= here && folio.blocks[i].dirty) return here;
    }
  }
  return std::nullopt;
}

/// Makes the cached block zero and clean. The caller releases its mapping or reservation.
void clean(Inode& inode, std::uint64_t block) {
  const auto [folio, i] = cached(inode, block);
  if (folio == nullptr) return;
  lock_folio(inode, *folio);
  const CountedFolio counted(inode, *folio);
  std::ranges::fill(folio->block_bytes(i), std::byte{0});
  folio->blocks[i].dirty = false;
  unlock_folio(inode, *folio);
}

/// Calls visit(block) for each block of the range that is cached.
template <class Visit>
void each_cached(Inode& inode, BlockRange range, Visit visit) {
  const std::uint64_t block_size = inode.volume.block_size;
  for (auto& [index, folio] : inode.pages.folios()) {
    const std::uint64_t first = std::max(range.first, folio.pos() / block_size);
    const std::uint64_t end = std::min(range.end, folio.end() / block_size);
    for (std::uint64_t block = first; block < end; ++block) visit(block);
  }
}

}  // namespace

bool is_data(Inode& inode, std::uint64_t block) {
  if (is_dirty(inode, block)) return true;
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  return inode.blocks.find_written(block).has_value();
}

std::optional<std::uint64_t> next_data(Inode& inode, std::uint64_t block) {
  // Within data there is nothing to search for: next_dirty() looks at each cached folio.
  if (is_data(inode, block)) return block;
  std::optional<std::uint64_t> written;
  {
    const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
    written = inode.blocks.next_written(block);
  }
  const auto dirty = next_dirty(inode, block);
  return dirty && written ? std::min(dirty, written) : dirty ? dirty : written;
}

int prepare_zeroing(Inode& inode, std::uint64_t from, std::uint64_t to) {
  if (to <= from || !is_data(inode, from / inode.volume.block_size)) return 0;
  Folio* const folio = inode.pages.find_or_make(from);
  if (folio == nullptr) return -ENOMEM;
  lock_folio(inode, *folio);
  const int error = folio->uptodate() ? 0 : read_folio(inode, *folio, inode.size);
  unlock_folio(inode, *folio);
  return error;
}

void zero_bytes(Inode& inode, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t block = from / inode.volume.block_size;
  if (to <= from || !is_data(inode, block)) return;
  const auto [folio, i] = cached(inode, block);
  require(folio != nullptr && folio->uptodate(), "bytes are zeroed that were not prepared");
  lock_folio(inode, *folio);
  const CountedFolio counted(inode, *folio);
  std::ranges::fill(folio->bytes(from, to), std::byte{0});
  folio->blocks[i].dirty = true;
  unlock_folio(inode, *folio);
}

void free_range(Inode& inode, BlockRange range) {
  each_cached(inode, range, [&](std::uint64_t block) {
    const bool dirty = is_dirty(inode, block);
    clean(inode, block);
    const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
    const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
    if (dirty && !inode.blocks.find(block)) inode.volume.space.unreserve(1);
  });
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
  for (const std::uint64_t block : inode.blocks.erase(range.first, range.end)) {
    inode.volume.space.free(block);
  }
}

int allocate_range(Inode& inode, BlockRange range) {
  const auto is_missing = [&](std::uint64_t block) {
    return !is_dirty(inode, block) && !inode.blocks.find(block);
  };
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
  FirstFit& space = inode.volume.space;
  std::uint64_t missing = 0;
  for (std::uint64_t block = range.first; block < range.end && missing <= space.blocks(); ++block) {
    missing += is_missing(block);
  }
  if (!space.reserve(missing)) return -ENOSPC;
  for (std::uint64_t block = range.first; block < range.end; ++block) {
    if (is_missing(block)) inode.blocks.insert_unwritten(block, space.allocate());
  }
  return 0;
}

void make_unwritten(Inode& inode, BlockRange range) {
  each_cached(inode, range, [&](std::uint64_t block) { clean(inode, block); });
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  const NotedLock<spec::SpaceLock> space_lock(inode.volume.recorder, 0);
  for (std::uint64_t block = range.first; block < range.end; ++block) {
    // A block that was dirty redeems the reservation it held.
    const auto device_block = inode.blocks.find(block);
    inode.blocks.insert_unwritten(
        block, device_block ? *device_block : inode.volume.space.allocate());
  }
}

}  // namespace quire::ref
