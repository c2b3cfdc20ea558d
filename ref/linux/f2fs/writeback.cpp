// Writeback out of place: page by page, or cluster by cluster.
#include "ref/linux/f2fs/writeback.h"

#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <cerrno>
#include <utility>
#include <vector>

namespace quire::ref::f2fs {
namespace {

int write_folio(Inode& inode, Folio& folio, std::uint64_t size) {
  lock_folio(inode, folio);
  folio.zero_from(size);
  int error = 0;
  if (inode.node.is_inline) {
    const OpLocked op_locked(inode.volume);
    write_inline_data(inode, folio);
  } else {
    error = write_locked_page(inode, folio);
  }
  unlock_folio(inode, folio);
  return error;
}

/// A page was written to a new block, or not: it has that address from now on, or the block is free
/// again.
void move_to(Superblock& volume, Address& entry, Address address, int error) {
  if (error != 0) {
    volume.area.invalidate(address);
    return;
  }
  const Address old = std::exchange(entry, address);
  if (is_block_address(old)) volume.area.invalidate(old);
}

}  // namespace

void record_page_write(Superblock& volume, const Folio& folio, const PageWrite& write) {
  if (volume.recorder == nullptr) return;
  volume.recorder->step(spec::F2fsPageWrite<std::uint64_t>{
      write.placed, static_cast<std::uint64_t>(write.error), folio.dirty(), write.moved});
}

int write_locked_page(Inode& inode, Folio& folio) {
  Superblock& volume = inode.volume;
  // An atomic write stays out of the file until it is committed.
  Node& node = inode.is_atomic() ? inode.cow->node : inode.node;
  const OpLocked op_locked(volume);
  const NotedLock<spec::NodeLock> node_lock(volume.recorder, inode.number);
  const std::uint64_t index = folio.pos() / kBlockSize;
  const Address old = node.address(index);
  require(old != kNullAddress && old != kCompressAddress, "a dirty page has no block");

  const bool stays = node.is_pinned && is_block_address(old);
  const auto address = stays ? old : volume.area.allocate();
  const int error =
      address ? volume.device.write(*address * kBlockSize, folio.block_bytes(0)) : -ENOSPC;
  if (address) {
    folio.blocks[0].dirty = false;
    if (inode.is_atomic() && error != 0) inode.atomic_error = error;
    if (!stays) move_to(volume, node.addresses[index], *address, error);
  }
  record_page_write(volume, folio, {address.has_value(), error, node.address(index) != old});
  return error;
}

int writeback(Inode& inode, std::uint64_t size) {
  int first_error = 0;
  const auto note = [&](int error) {
    inode.errors.set(error);
    if (first_error == 0) first_error = error;
  };
  std::vector<std::uint64_t> dirty;
  for (const auto& [index, folio] : inode.pages.folios()) {
    if (folio.dirty()) dirty.push_back(index);
  }
  for (const std::uint64_t index : dirty) {
    // Between two folios, since it waits for the volume's collector, which writes back too.
    if (needs_gc(inode.volume)) balance(inode.volume);
    const NotedLock<spec::WritebackLock> pass(inode.volume.recorder, inode.number);
    // A cluster takes its other pages along.
    Folio* const folio = inode.pages.find(index * kBlockSize);
    if (folio == nullptr || !folio->dirty()) continue;
    if (inode.node.is_compressed && !inode.node.is_inline) {
      note(write_cluster(inode, Node::cluster_of(index), size));
    } else {
      note(write_folio(inode, *folio, size));
    }
  }
  return first_error;
}

}  // namespace quire::ref::f2fs
