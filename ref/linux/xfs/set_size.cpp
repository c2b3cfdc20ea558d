// Setting a file's size.
#include "ref/linux/xfs/set_size.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/iomap/zero_range.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/noted_lock.h"

namespace quire::ref::xfs {
namespace {

/// Zeroes the gap of a file that grows, or the rest of the last block of one that shrinks: old
/// bytes must not show.
int zero_edge(Inode& inode, std::uint64_t size, bool& did_zero) {
  BufferedWriteOps ops(inode);
  WritebackOps writeback(inode);
  if (inode.size < size) {
    return iomap::zero_range(inode, ops, writeback, inode.size, size - inode.size, &did_zero);
  }
  return iomap::truncate_page(inode, ops, writeback, size, &did_zero);
}

}  // namespace

int set_size(Node& node, std::uint64_t size) {
  Inode& inode = node.inode;
  const std::uint64_t old_size = inode.size;
  inode.attach_dquots();
  bool did_zero = false;
  const int error = zero_edge(inode, size, did_zero);
  if (error != 0) return error;

  inode.size = size;
  iomap::truncate_pagecache_range(inode, size, iomap::kCacheEnd);
  // The bytes between the two sizes must be on the device before the size there passes them.
  const std::uint64_t disk_size = inode.disk_size;
  if (disk_size < size && (did_zero || old_size != disk_size)) {
    WritebackOps ops(inode);
    const int write_error = iomap::writepages(inode, ops, disk_size, size);
    if (write_error != 0) return write_error;
  }
  if (size <= old_size) free_blocks_past(inode, size);
  const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  inode.disk_size = size;
  return 0;
}

}  // namespace quire::ref::xfs
