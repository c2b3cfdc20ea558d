// A write to an F2FS file: the steps before and after the loop.
#include "ref/linux/f2fs/file_write.h"

#include "ref/linux/f2fs/buffered_write.h"
#include "ref/linux/f2fs/prealloc.h"
#include "ref/linux/f2fs/truncate.h"
#include "ref/vfs/iolocked.h"
#include "ref/vfs/write_checks.h"
#include "spec/geometry.h"

#include <cerrno>
#include <utility>

namespace quire::ref::f2fs {
namespace {

/// Whether every page of [pos, end) has a block, and none lies past the size.
bool overwrites(const Inode& inode, std::uint64_t pos, std::uint64_t end) {
  if (inode.node.size < end) return false;
  for (std::uint64_t index = pos / kBlockSize; index * kBlockSize < end; ++index) {
    if (!is_block_address(inode.node.address(index))) return false;
  }
  return true;
}

/// 1 if there is inline data past the size: a failed copy left it, and it becomes a block like any
/// other.
std::uint64_t inline_past_size(const Inode& inode) {
  return inode.node.size == 0 && inode.node.is_inline && inode.node.data_exists ? 1 : 0;
}

/// 0, or the error if the file does not accept this write.
int check(const Inode& inode, std::uint64_t pos, std::uint64_t end) {
  if (inode.node.is_pinned && !overwrites(inode, pos, end)) return -EIO;
  if (inode.node.is_immutable || inode.node.is_released) return -EPERM;
  return 0;
}

/// The position and length of the write (CHK-1, CHK-2): sets `pos`, truncates `iter`. Returns 0 or
/// a negative errno.
int check_limits(Inode& inode, IovIter& iter, std::uint64_t& pos, const RwFlags& flags) {
  vfs::Caller& caller = inode.volume.caller;
  spec::WriteChecks<std::uint64_t> checks{};
  checks.append = flags.append;
  checks.nowait = flags.nowait;
  checks.nowait_support = 0;  // A buffered write may always have to wait (CHK-1).
  checks.size = inode.node.size;
  checks.iolock = inode.iolock_holders != 0;
  checks.limits = vfs::limits_of(caller, spec::kFileSizeMax);
  checks.pos = pos;
  const int error = vfs::check_write(checks, iter, caller, inode.volume.recorder);
  pos = checks.pos_after;
  return error;
}

}  // namespace

std::int64_t file_write(Inode& inode, vfs::Transfer& transfer) {
  const RwFlags flags = transfer.flags;
  Superblock& volume = inode.volume;
  if (volume.cp_error) return -EIO;
  if (flags.nowait && inode.is_contended) return -EAGAIN;
  const vfs::Iolocked iolock(volume.recorder, inode.number, inode.iolock_holders, flags.nowait);
  IovIter iter(std::move(transfer.segments));
  std::uint64_t& pos = transfer.pos;
  if (const int error = check(inode, pos, pos + iter.left()); error != 0) return error;
  if (const int error = check_limits(inode, iter, pos, flags); error != 0) return error;
  const std::uint64_t end = pos + iter.left();
  zero_post_eof_page(inode, end);

  const std::uint64_t past_before = blocks_past_size(inode) + inline_past_size(inode);
  const auto preallocated = preallocate(inode, iter, pos);
  const std::int64_t result =
      preallocated ? buffered_write(inode, iter, pos) : preallocated.error();
  const std::uint64_t error = preallocated ? 0 : static_cast<std::uint64_t>(preallocated.error());
  const Taken<std::uint64_t> got{preallocated.value_or(0), error};
  const std::uint64_t tried = inode.node.must_truncate;
  if (leaves_blocks_past(got, tried, inode.node.size, end)) truncate_past_size(inode);
  inode.node.must_truncate = inode.preallocated_all = false;
  if (volume.recorder != nullptr) {
    volume.recorder->step(spec::PreallocatedWrite<std::uint64_t>{
        preallocated.value_or(0), end, inode.node.size, past_before, blocks_past_size(inode)});
  }
  return result;
}

}  // namespace quire::ref::f2fs
