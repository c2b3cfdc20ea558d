// A write to an F2FS file: what stands before and behind the loop.
#include "ref/f2fs/file_write.h"

#include "ref/f2fs/buffered_write.h"
#include "ref/f2fs/prealloc.h"
#include "ref/f2fs/truncate.h"
#include "ref/noted_lock.h"

#include <cerrno>
#include <utility>

namespace quire::ref::f2fs {
namespace {

/// Whether every page of [pos, end) has a place, and none lies past the size.
bool overwrites(const Inode& inode, std::uint64_t pos, std::uint64_t end) {
  if (inode.node.size < end) return false;
  for (std::uint64_t index = pos / kBlockSize; index * kBlockSize < end; ++index) {
    if (!has_place(inode.node.address(index))) return false;
  }
  return true;
}

/// 0, or why the file takes no such write.
int check(const Inode& inode, std::uint64_t pos, std::uint64_t end) {
  if (inode.node.is_pinned && !overwrites(inode, pos, end)) return -EIO;
  if (inode.node.is_immutable || inode.node.is_released) return -EPERM;
  return 0;
}

}  // namespace

std::int64_t file_write(Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait) {
  Superblock& volume = inode.volume;
  if (volume.cp_error) return -EIO;
  if (nowait && inode.is_contended) return -EAGAIN;
  const NotedLock<spec::Iolock> iolock(volume.recorder, inode.number);
  IovIter iter(std::move(segments));
  const std::uint64_t end = pos + iter.left();
  if (const int error = check(inode, pos, end); error != 0) return error;
  zero_post_eof_page(inode, end);
  if (nowait) return -EOPNOTSUPP;

  const std::uint64_t past_before = blocks_past_size(inode);
  const auto preallocated = preallocate(inode, iter, pos);
  const std::int64_t result =
      preallocated ? buffered_write(inode, iter, pos) : preallocated.error();
  if (preallocated && *preallocated != 0 && inode.node.size < end) truncate_past_size(inode);
  // An error may have come after blocks were given.
  if (!preallocated && inode.node.must_truncate) truncate_past_size(inode);
  inode.node.must_truncate = inode.preallocated_all = false;
  if (volume.recorder != nullptr) {
    volume.recorder->step(spec::PreallocatedWrite<std::uint64_t>{
        preallocated.value_or(0), end, inode.node.size, past_before, blocks_past_size(inode)});
  }
  return result;
}

}  // namespace quire::ref::f2fs
