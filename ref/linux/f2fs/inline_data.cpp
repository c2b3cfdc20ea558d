// Inline data: read from the inode, stored into it, and converted to a block.
#include "ref/linux/f2fs/inline_data.h"

#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::f2fs {
namespace {

/// Reserves block 0, writes the page to a new block, and only then sets its address.
int write_page_0(Inode& inode, Folio& folio) {
  if (const int error = reserve_block(inode, 0); error != 0) return error;
  Superblock& volume = inode.volume;
  const auto address = volume.area.allocate();
  const int error =
      address ? volume.device.write(*address * kBlockSize, folio.block_bytes(0)) : -ENOSPC;
  const NotedLock<spec::NodeLock> node_lock(volume.recorder, inode.number);
  if (error != 0) {
    if (address) volume.area.invalidate(*address);
    release_block(inode, 0);
    return error;
  }
  inode.node.addresses[0] = *address;
  return 0;
}

}  // namespace

void read_inline_data(Inode& inode, Folio& folio) {
  require(folio.locked && folio.pos() == 0, "inline data is page 0");
  const auto bytes = folio.block_bytes(0);
  std::ranges::fill(bytes, std::byte{0});
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  const auto& from = inode.node.inline_bytes;
  std::copy_n(from.begin(), std::min<std::uint64_t>(from.size(), inode.node.size), bytes.begin());
  folio.blocks[0].uptodate = true;
}

void write_inline_data(Inode& inode, Folio& folio) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  const auto bytes = folio.bytes(0, kInlineMax);
  inode.node.inline_bytes.assign(bytes.begin(), bytes.end());
  folio.blocks[0].dirty = false;
}

int convert_inline_page(Inode& inode, Folio& folio) {
  require(folio.locked && folio.pos() == 0, "inline data is page 0");
  Superblock& volume = inode.volume;
  const std::uint64_t checkpoints_before = volume.checkpoints;
  const bool held_data = inode.node.data_exists;
  int error = 0;
  if (held_data) {
    if (!folio.uptodate()) read_inline_data(inode, folio);
    error = write_page_0(inode, folio);
  }
  const bool block_written = is_block_address(inode.node.address(0));
  if (error == 0) {
    const NotedLock<spec::NodeLock> node_lock(volume.recorder, inode.number);
    folio.blocks[0].dirty = false;
    inode.node.is_inline = inode.node.data_exists = false;
    inode.node.inline_bytes.clear();
  }
  if (volume.recorder != nullptr) {
    volume.recorder->step(spec::InlineConversion<std::uint64_t>{
        held_data, volume.op_holders, checkpoints_before, volume.checkpoints,
        static_cast<std::uint64_t>(error), inode.node.is_inline, block_written});
  }
  return error;
}

int convert_inline_inode(Inode& inode) {
  if (!inode.node.is_inline) return 0;
  Folio* const folio = inode.pages.find_or_make(0);
  if (folio == nullptr) return -ENOMEM;
  // Folio 0 first, then the inode's node block.
  lock_folio(inode, *folio);
  int error = 0;
  {
    const OpLocked op_locked(inode.volume);
    error = convert_inline_page(inode, *folio);
  }
  unlock_folio(inode, *folio);
  balance(inode.volume);
  return error;
}

}  // namespace quire::ref::f2fs
