// Checkpoints, the free space that they make, and crashes.
#pragma once

#include "ref/linux/f2fs/inode.h"
#include "spec/word.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// With fewer free blocks a writer first runs balance(). A cluster and the page of an inline file
/// fit into them.
inline constexpr std::uint64_t kFreeBlocksMin = 8;

/// Blocks of the main area that no file may count on: dirty pages move into them.
inline constexpr std::uint64_t kOverprovision = 16;

/// Whether `free` blocks are enough to begin a write when no checkpoint can free more: every dirty
/// page will need one, and so will the new page.
template <spec::Word W>
constexpr spec::TruthOf<W> has_room_without_checkpoint(const W& free, const W& dirty_pages) {
  return dirty_pages + kFreeBlocksMin < free;
}

/// Flushes the device and keeps the nodes of every file as they are: blocks that no file uses since
/// the last one become free. Blocks of uncommitted atomic writes are not kept. Does nothing while
/// checkpoints are disabled. 0 or EIO (negative), after which no checkpoint is made any more.
/// Requires that no folio is locked.
int checkpoint(Superblock& volume);

/// The same, after the caller has flushed the device.
void keep_nodes(Superblock& volume);

/// Whether free blocks run short.
bool needs_gc(const Superblock& volume);

/// Frees blocks if they run short, and lets other threads run. Requires that no folio is locked.
void balance(Superblock& volume);

/// 7.2 step 1: with checkpoints disabled, whether a write may begin.
bool is_checkpoint_ready(Superblock& volume);

/// The machine stops and the volume is mounted again: every file is as the last checkpoint kept it,
/// the cache is lost, the errors and switches are off.
void crash(Superblock& volume);

}  // namespace quire::ref::f2fs
