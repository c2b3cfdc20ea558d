// Reading a stale folio: block by block.
#include "ref/plain/read_folio.h"

#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>
#include <optional>

namespace quire::ref {

int read_folio(Inode& inode, Folio& folio, std::uint64_t size) {
  require(folio.locked && !folio.uptodate(), "a folio is read that is not locked, or not stale");
  const Superblock& volume = inode.volume;
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    std::optional<std::uint64_t> device_block;
    {
      const NotedLock<spec::BlockMapLock> map_lock(volume.recorder, inode.number);
      device_block = inode.blocks.find_written(folio.block_pos(i) / volume.block_size);
    }
    if (device_block && folio.block_pos(i) < size) {
      const int error = volume.device.read(*device_block * volume.block_size, folio.block_bytes(i));
      if (error != 0) return error;
    } else {
      std::ranges::fill(folio.block_bytes(i), std::byte{0});
    }
  }
  folio.zero_from(size);
  for (Block& block : folio.blocks) block.uptodate = true;
  return 0;
}

bool needs_device(const Inode& inode, const Folio& folio, std::uint64_t size) {
  if (folio.uptodate()) return false;
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    const std::uint64_t block = folio.block_pos(i) / inode.volume.block_size;
    if (folio.block_pos(i) < size && inode.blocks.find_written(block)) return true;
  }
  return false;
}

}  // namespace quire::ref
