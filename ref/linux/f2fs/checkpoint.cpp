// Checkpoints: the steps.
#include "ref/linux/f2fs/checkpoint.h"

#include "ref/noted_lock.h"
#include "ref/require.h"

#include <cerrno>

namespace quire::ref::f2fs {
namespace {

template <class Visit>
void each_block(const Node& node, Visit&& visit) {
  for (const auto& [index, address] : node.addresses) {
    if (is_block_address(address)) visit(address);
  }
}

std::uint64_t dirty_pages(Superblock& volume) {
  std::uint64_t pages = 0;
  for (const auto& [number, inode] : volume.inodes) pages += inode->pages.dirty_pages();
  return pages;
}

/// Restores a file from the last checkpoint, or makes it empty.
void restore(Inode& inode) {
  inode.pages.drop_from(0);
  inode.cow.reset();
  inode.atomic_writes = 0;
  inode.atomic_error = 0;
  inode.preallocated_all = false;
  const auto kept = inode.volume.kept.find(inode.number);
  inode.node = kept == inode.volume.kept.end() ? Node(inode.volume.memory) : kept->second;
}

}  // namespace

void keep_nodes(Superblock& volume) {
  if (volume.cp_disabled || volume.cp_error) return;
  const NotedLock<spec::OpLock> op_lock(volume.recorder, 0);
  const NotedLock<spec::NodeChangeLock> node_change(volume.recorder, 0);
  if (volume.recorder != nullptr) {
    volume.recorder->step(spec::CheckpointStep<std::uint64_t>{volume.op_holders});
  }
  volume.area.clear_kept();
  volume.kept.clear();
  for (const auto& [number, inode] : volume.inodes) {
    Node node = inode->node;
    if (inode->is_atomic()) node.size = inode->original_size;
    each_block(node, [&](Address address) { volume.area.set_kept(address); });
    volume.kept.emplace(number, std::move(node));
  }
  ++volume.checkpoints;
}

int checkpoint(Superblock& volume) {
  if (volume.cp_error) return -EIO;
  if (volume.cp_disabled) return 0;
  if (volume.device.flush() != 0) {
    volume.cp_error = true;
    return -EIO;
  }
  keep_nodes(volume);
  return 0;
}

bool needs_gc(const Superblock& volume) { return volume.area.free_blocks() < kFreeBlocksMin; }

void balance(Superblock& volume) {
  const NotedLock<spec::VolumeGcLock> gc_lock(volume.recorder, 0);
  if (needs_gc(volume)) checkpoint(volume);
  if (volume.balanced) volume.balanced();
}

bool is_checkpoint_ready(Superblock& volume) {
  return !volume.cp_disabled ||
         has_room_without_checkpoint<std::uint64_t>(volume.area.free_blocks(), dirty_pages(volume));
}

void crash(Superblock& volume) {
  volume.cp_error = volume.cp_disabled = false;
  volume.area.clear_live();
  volume.valid = 0;
  for (auto& [owner, quota] : volume.quotas) quota.used = 0;
  for (const auto& [number, inode] : volume.inodes) {
    restore(*inode);
    each_block(inode->node, [&](Address address) { volume.area.set_live(address); });
    volume.valid += inode->node.blocks;
    volume.quotas[inode->owner].used += inode->node.blocks;
  }
}

}  // namespace quire::ref::f2fs
