// Letting a file share the blocks of another.
#include "ref/linux/xfs/clone_range.h"

#include "ref/linux/iomap/zero_range.h"
#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/file_space.h"
#include "ref/linux/xfs/reflink.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/noted_lock.h"
#include "ref/vfs/clone_checks.h"
#include "ref/vfs/modified.h"

#include <cerrno>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

/// length: as requested; becomes the shared length.
int check_range(
    const Inode& from, Number from_pos, const Inode& to, Number to_pos, Number& length,
    vfs::Caller& caller) {
  vfs::CloneChecks checks{
      .from = from_pos,
      .to = to_pos,
      .length = length,
      .source_size = from.size,
      .target_size = to.size,
      .block_size = from.block_size,
      .size_max = kSizeMax,
      .same_file = &from == &to};
  const int error = vfs::check_clone(checks, caller);
  length = checks.length;
  return error;
}

/// The gap below the range must read as zero, and neither cache may differ from the extents that
/// are about to be shared. In this order: zeroing may cache a block of the range.
int prepare(Inode& from, Number from_pos, Inode& to, Number to_pos, Number length) {
  int error = 0;
  if (to.size < to_pos) {
    BufferedWriteOps ops(to);
    WritebackOps writeback(to);
    error = iomap::zero_range(to, ops, writeback, to.size, to_pos - to.size, nullptr);
  }
  if (error == 0) error = flush_and_drop(from, from_pos, from_pos + length);
  return error == 0 ? flush_and_drop(to, to_pos, to_pos + length) : error;
}

}  // namespace

int clone_range(
    Node& from, Number from_pos, Node& to, Number to_pos, Number length, vfs::Caller& caller) {
  if (to.is_swapfile) return -ETXTBSY;
  const NotedLockOfTwo<spec::Iolock> iolocks(to.inode.recorder, from.inode.number, to.inode.number);
  const NotedLockOfTwo<spec::InvalidateLock> cache_locks(
      to.inode.recorder, from.inode.number, to.inode.number);
  int error = check_range(from.inode, from_pos, to.inode, to_pos, length, caller);
  if (error != 0 || length == 0) return error;

  from.inode.attach_dquots();
  to.inode.attach_dquots();
  error = prepare(from.inode, from_pos, to.inode, to_pos, length);
  if (error == 0) {
    error = vfs::file_modified(to.attributes, caller, false, 0, to.inode.recorder);
  }
  if (error != 0) return error;
  return share_range(from.inode, from_pos, to.inode, to_pos, length);
}

}  // namespace quire::ref::xfs
