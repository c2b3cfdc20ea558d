// A handle's calls on ranges: space, clones, and the position.
#include "ref/noted_lock.h"
#include "ref/plain/clone.h"
#include "ref/plain/fallocate.h"
#include "ref/plain/file.h"
#include "ref/plain/range.h"
#include "ref/vfs/fallocate_mode.h"
#include "ref/vfs/seek.h"

#include <cerrno>

namespace quire::ref {

int File::fallocate(int mode, std::int64_t offset, std::int64_t length) {
  if (inode_ == nullptr) return -EBADF;
  if (offset < 0 || length <= 0) return -EINVAL;
  if (!vfs::is_fallocate_mode(mode)) return -EOPNOTSUPP;
  if (!vfs::is_range(offset, length)) return -EFBIG;
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  return ref::fallocate(
      *inode_, mode, static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length));
}

int File::clone_range(const File& source, std::int64_t from, std::int64_t length, std::int64_t to) {
  if (inode_ == nullptr || source.inode_ == nullptr || handle_.appends) return -EBADF;
  if (!vfs::is_range(from, length) || !vfs::is_range(to, length)) return -EINVAL;
  spec::Recorder* const recorder = inode_->volume.recorder;
  const NotedLockOfTwo<spec::Iolock> iolocks(recorder, source.inode_->number, inode_->number);
  const NotedLockOfTwo<spec::InvalidateLock> cache_locks(
      recorder, source.inode_->number, inode_->number);
  return ref::clone_range(
      *source.inode_, *inode_,
      {static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(length),
       static_cast<std::uint64_t>(to)});
}

std::int64_t File::lseek(std::int64_t offset, int whence) {
  if (inode_ == nullptr) return -EBADF;
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const vfs::SeekIn in{inode_->size, inode_->volume.block_size, [this](std::uint64_t block) {
                         return next_data(*inode_, block);
                       }};
  const std::int64_t position = vfs::lseek(in, handle_.position, offset, whence);
  if (position >= 0) handle_.position = position;
  return position;
}

}  // namespace quire::ref
