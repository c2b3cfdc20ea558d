// Checkpoints, the free space that they make, and what a volume is after a crash.
#pragma once

#include "ref/linux/f2fs/inode.h"
#include "spec/word.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Free places below which a writer first lets the volume make room. A cluster and the page of an
/// inline file fit into them.
inline constexpr std::uint64_t kFreeBlocksMin = 8;

/// Blocks of the main area that no file may count on: dirty pages move into them.
inline constexpr std::uint64_t kOverprovision = 16;

/// Whether `free` places are enough to begin a write when a checkpoint cannot make more: every
/// dirty page will need one, and so does the page to come.
template <spec::Word W>
constexpr spec::TruthOf<W> has_room_without_checkpoint(const W& free, const W& dirty_pages) {
  return dirty_pages + kFreeBlocksMin < free;
}

/// Flushes the device and keeps the nodes of every file as they are: what no file uses any more
/// since the last one comes free. Blocks of uncommitted atomic writes are not kept. Does nothing
/// while checkpoints are disabled. 0 or EIO (negative), after which no checkpoint is made any more.
/// Requires that no folio is locked.
int checkpoint(Superblock& volume);

/// The same after somebody has flushed the device.
void keep_nodes(Superblock& volume);

/// Whether places run short.
bool needs_gc(const Superblock& volume);

/// Makes places free, where they run short, and lets others run. Requires that no folio is locked.
void balance(Superblock& volume);

/// 7.2 step 1: with checkpoints disabled, whether a write may begin.
bool is_checkpoint_ready(Superblock& volume);

/// The machine stops and the volume is mounted again: every file is what the last checkpoint kept,
/// what was cached is lost, the errors and switches are off.
void crash(Superblock& volume);

}  // namespace quire::ref::f2fs
