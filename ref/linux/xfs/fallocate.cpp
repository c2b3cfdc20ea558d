// fallocate(2) on a file of XFS.
#include "ref/linux/xfs/fallocate.h"

#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/file_space.h"
#include "ref/linux/xfs/set_size.h"
#include "ref/noted_lock.h"
#include "ref/vfs/fallocate_mode.h"
#include "ref/vfs/modified.h"
#include "ref/vfs/write_checks.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <cerrno>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

/// The operation of a mode; 0: allocate.
constexpr int kOperations = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_UNSHARE_RANGE |
                            FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE;

int collapse(Node& node, Number pos, Number length) {
  Inode& inode = node.inode;
  const Number mask = inode.block_size - 1;
  if (((pos | length) & mask) != 0) return -EINVAL;
  if (inode.size <= pos + length) return -EINVAL;
  int error = free_space(inode, pos, pos + length);
  if (error == 0) error = shift_down(inode, pos + length, length);
  return error == 0 ? set_size(node, inode.size - length) : error;
}

int insert(Node& node, vfs::Caller& caller, Number pos, Number length) {
  Inode& inode = node.inode;
  const Number mask = inode.block_size - 1;
  if (((pos | length) & mask) != 0) return -EINVAL;
  if (kSizeMax - inode.size < length) return -EFBIG;
  if (inode.size <= pos) return -EINVAL;
  int error = vfs::check_size_limits(caller, inode.size, inode.size + length, kSizeMax);
  if (error != 0) return error;
  // Blocks reserved past the size must not move below it, where no writeback would allocate them.
  free_blocks_past(inode, inode.size);
  error = set_size(node, inode.size + length);
  return error == 0 ? shift_up(inode, pos, length) : error;
}

/// Allocates, zeroes or unshares [pos, end), and moves the size over it unless it is kept.
int allocate_or_zero(Node& node, vfs::Caller& caller, int mode, Number pos, Number end) {
  Inode& inode = node.inode;
  const bool grows = (mode & FALLOC_FL_KEEP_SIZE) == 0 && inode.size < end;
  int error = grows ? vfs::check_size_limits(caller, inode.size, end, kSizeMax) : 0;
  if (error == 0 && (mode & FALLOC_FL_ZERO_RANGE) != 0) error = free_space(inode, pos, end);
  if (error == 0 && (mode & FALLOC_FL_UNSHARE_RANGE) != 0) error = unshare_space(inode, pos, end);
  if (error == 0) error = allocate_space(inode, pos, end);
  return error == 0 && grows ? set_size(node, end) : error;
}

}  // namespace

int fallocate(Node& node, vfs::Caller& caller, int mode, std::int64_t pos, std::int64_t length) {
  if (pos < 0 || length <= 0) return -EINVAL;
  if (!vfs::is_fallocate_mode(mode)) return -EOPNOTSUPP;
  if (node.is_swapfile) return -ETXTBSY;
  const auto start = static_cast<Number>(pos);
  const auto count = static_cast<Number>(length);
  if (kSizeMax - start < count) return -EFBIG;

  Inode& inode = node.inode;
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> cache_lock(inode.recorder, inode.number);
  const int error = vfs::file_modified(node.attributes, caller, false, 0, inode.recorder);
  if (error != 0) return error;
  switch (mode & kOperations) {
    case FALLOC_FL_PUNCH_HOLE: return free_space(inode, start, start + count);
    case FALLOC_FL_COLLAPSE_RANGE: return collapse(node, start, count);
    case FALLOC_FL_INSERT_RANGE: return insert(node, caller, start, count);
    default: return allocate_or_zero(node, caller, mode, start, start + count);
  }
}

}  // namespace quire::ref::xfs
