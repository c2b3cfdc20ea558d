// Allocating a range of a file, freeing it, and moving the blocks behind it.
#include "ref/linux/xfs/file_space.h"

#include "ref/linux/iomap/writeback.h"
#include "ref/linux/iomap/zero_range.h"
#include "ref/linux/xfs/allocate.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/reflink.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/noted_lock.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

constexpr Number kAll = std::numeric_limits<Number>::max();

/// Allocates the hole at `block`, up to `end`; `block` moves behind the extent that it found or
/// added. Blocks.
int allocate_once(Inode& inode, Number& block, Number end) {
  const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  const Extent* const found = inode.data.at_or_after(block);
  if (found != nullptr && found->covers(block)) {
    block = found->end();
    return 0;
  }
  const Number hole_end = found == nullptr ? end : std::min(end, found->start);
  Extent hole;
  hole.start = block;
  hole.count = std::min(hole_end - block, spec::kExtentMax);
  Extent allocated;
  const int error = allocate_unwritten(inode, hole, block, allocated);
  if (error == 0) block = allocated.end();
  return error;
}

/// Moves the extents from block `start` on by `by` blocks, up or down (modulo 2^64). Requires that
/// none of them is delayed.
void shift_extents(Inode& inode, Number start, Number by) {
  const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  const Removed moved = inode.data.remove(start, kAll - start, Shortage::share);
  for (Extent extent : moved.extents) {
    require(extent.is_real(), "a delayed extent is moved");
    extent.start += by;
    inode.data.insert(extent);
  }
}

/// Leaves only allocated blocks of the data fork from `pos` on (Linux: xfs_prepare_shift).
int prepare_shift(Inode& inode, Number pos) {
  const int error = flush_and_drop(inode, pos, std::max(pos, inode.size));
  if (error != 0) return error;
  free_blocks_past(inode, inode.size);
  cancel_cow(inode, inode.mount.block_of(pos), kAll - inode.mount.block_of(pos));
  return 0;
}

}  // namespace

int flush_and_drop(Inode& inode, Number pos, Number end) {
  WritebackOps ops(inode);
  const Number from = spec::round_down(pos, spec::kPageSize);
  const int error = iomap::writepages(inode, ops, from, spec::round_up(end, spec::kPageSize));
  if (error == 0) inode.pages.drop_clean();
  return error;
}

int allocate_space(Inode& inode, Number pos, Number end) {
  inode.attach_dquots();
  inode.keeps_prealloc = true;
  const Number last = inode.mount.block_from(end);
  Number block = inode.mount.block_of(pos);
  while (block < last) {
    const int error = allocate_once(inode, block, last);
    if (error != 0) return error;
  }
  return 0;
}

int free_space(Inode& inode, Number pos, Number end) {
  inode.attach_dquots();
  const int flush_error = flush_and_drop(inode, pos, end);
  if (flush_error != 0) return flush_error;
  const Number start = inode.mount.block_from(pos);
  const Number last = inode.mount.block_of(end);
  if (start < last) {
    cancel_cow(inode, start, last - start);
    const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
    const Ilock lock(inode.recorder, inode.number);
    unmap(inode, Fork::data, start, last - start);
  }
  const Number zeroed = std::min(end, inode.size);
  if (zeroed <= pos) return 0;
  BufferedWriteOps ops(inode);
  WritebackOps writeback(inode);
  return iomap::zero_range(inode, ops, writeback, pos, zeroed - pos, nullptr);
}

int shift_up(Inode& inode, Number pos, Number length) {
  const int error = prepare_shift(inode, pos);
  if (error != 0) return error;
  shift_extents(inode, inode.mount.block_of(pos), inode.mount.block_of(length));
  return 0;
}

int shift_down(Inode& inode, Number pos, Number length) {
  const int error = prepare_shift(inode, pos - length);
  if (error != 0) return error;
  shift_extents(inode, inode.mount.block_of(pos), Number{0} - inode.mount.block_of(length));
  return 0;
}

int unshare_space(Inode& inode, Number pos, Number end) {
  const Number last = std::min(end, inode.size);
  if (!inode.is_reflink || last <= pos) return 0;
  inode.attach_dquots();
  BufferedWriteOps ops(inode);
  const int error = iomap::unshare(inode, ops, pos, last - pos);
  if (error != 0) return error;
  WritebackOps writeback(inode);
  return iomap::writepages(inode, writeback, pos, last);
}

}  // namespace quire::ref::xfs
