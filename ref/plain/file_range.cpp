// A handle's calls on ranges: space, clones, and the position.
#include "ref/noted_lock.h"
#include "ref/plain/clone.h"
#include "ref/plain/fallocate.h"
#include "ref/plain/file.h"
#include "ref/plain/range.h"
#include "ref/vfs/seek.h"
#include "spec/geometry.h"

#include <cerrno>
#include <optional>

namespace quire::ref {
namespace {

/// Whether [at, at + length) is a range of a file at all.
bool is_range(std::int64_t at, std::int64_t length) {
  return 0 <= at && 0 <= length &&
         static_cast<std::uint64_t>(length) <= spec::kFileSizeMax - static_cast<std::uint64_t>(at);
}

/// A lock of two files, or of one, in the order of their numbers (LK-1).
template <class LockClass>
class LockOfBoth {
 public:
  LockOfBoth(const Inode& a, const Inode& b)
      : first_(a.volume.recorder, std::min(a.number, b.number)) {
    if (&a != &b) second_.emplace(a.volume.recorder, std::max(a.number, b.number));
  }

 private:
  NotedLock<LockClass> first_;
  std::optional<NotedLock<LockClass>> second_;
};

}  // namespace

int File::fallocate(int mode, std::int64_t offset, std::int64_t length) {
  if (inode_ == nullptr) return -EBADF;
  if (offset < 0 || length <= 0) return -EINVAL;
  if (!is_fallocate_mode(mode)) return -EOPNOTSUPP;
  if (!is_range(offset, length)) return -EFBIG;
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  return ref::fallocate(
      *inode_, mode, static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length));
}

int File::clone_range(const File& source, std::int64_t from, std::int64_t length, std::int64_t to) {
  if (inode_ == nullptr || source.inode_ == nullptr || appends_) return -EBADF;
  if (!is_range(from, length) || !is_range(to, length)) return -EINVAL;
  const LockOfBoth<spec::Iolock> iolocks(*source.inode_, *inode_);
  const LockOfBoth<spec::InvalidateLock> cache_locks(*source.inode_, *inode_);
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
  const std::int64_t position = vfs::lseek(in, position_, offset, whence);
  if (position >= 0) position_ = position;
  return position;
}

}  // namespace quire::ref
