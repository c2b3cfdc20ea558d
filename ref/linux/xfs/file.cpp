// A handle on a file of an XFS volume: the checks of each call, and what it goes to.
#include "ref/linux/xfs/file.h"

#include "ref/linux/iomap/buffered_read.h"
#include "ref/linux/xfs/clone_range.h"
#include "ref/linux/xfs/fallocate.h"
#include "ref/linux/xfs/file_write.h"
#include "ref/linux/xfs/fsync.h"
#include "ref/linux/xfs/read_ops.h"
#include "ref/linux/xfs/seek.h"
#include "ref/linux/xfs/set_size.h"
#include "ref/noted_lock.h"
#include "ref/vfs/modified.h"
#include "ref/vfs/transfer.h"
#include "ref/vfs/write_checks.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace quire::ref::xfs {
namespace {

constexpr int kKnownFlags = kDsync | kSync | kNowait | kAppend | kNoappend;

/// Whether [pos, pos + length) is a range of a file at all.
bool is_range(std::int64_t pos, std::int64_t length) {
  std::int64_t end = 0;
  return 0 <= pos && 0 <= length && !__builtin_add_overflow(pos, length, &end);
}

}  // namespace

File::File(Node& node, const OpenOptions& options, vfs::Caller& caller)
    : node_(&node),
      options_(options),
      caller_(&caller),
      errors_(node.errors.open()),
      volume_errors_(node.errors_of_volume.open()) {
  ++node.inode.writers;
}

File::File(File&& other) noexcept
    : node_(std::exchange(other.node_, nullptr)),
      options_(other.options_),
      caller_(other.caller_),
      errors_(other.errors_),
      volume_errors_(other.volume_errors_),
      position_(other.position_) {}

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  close();
  node_ = std::exchange(other.node_, nullptr);
  options_ = other.options_;
  caller_ = other.caller_;
  errors_ = other.errors_;
  volume_errors_ = other.volume_errors_;
  position_ = other.position_;
  return *this;
}

std::expected<File::Checked, std::int64_t> File::check(
    const iovec* segments, int iovcnt, std::int64_t offset, int flags) const {
  auto transfer = vfs::check_transfer(
      node_ != nullptr, segments, iovcnt, offset, position_, flags, kKnownFlags);
  if (!transfer) return std::unexpected(transfer.error());
  const auto decoded = decode_rw_flags(flags, options_.append);
  if (!decoded) return std::unexpected(decoded.error());
  return Checked{std::move(*transfer), *decoded};
}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto checked = check(segments, iovcnt, offset, flags);
  if (!checked) return checked.error();
  WriteRequest request;
  request.pos = checked->transfer.pos;
  request.append = checked->flags.append;
  request.nowait = checked->flags.nowait;
  request.sync = options_.sync || (flags & kSync) != 0;
  request.dsync = request.sync || options_.dsync || (flags & kDsync) != 0;

  IovIter iter(std::move(checked->transfer.segments));
  const std::int64_t result = buffered_write(
      *node_, iter, request, *caller_, [&](std::uint64_t from, std::uint64_t last, bool data_only) {
        return xfs::fsync(*node_, errors_, from, last, data_only);
      });
  if (offset == vfs::kAtPosition && result > 0) {
    position_ = static_cast<std::int64_t>(request.pos);
  }
  return result;
}

std::int64_t File::preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto checked = check(segments, iovcnt, offset, flags);
  if (!checked) return checked.error();
  Inode& inode = node_->inode;
  const iomap::Request request{.nowait = checked->flags.nowait};
  if (request.nowait && caller_->iolock_contended) return -EAGAIN;
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number, request.nowait);
  ReadOps ops(inode);
  IovIter iter(std::move(checked->transfer.segments));
  const std::int64_t result =
      iomap::file_buffered_read(inode, ops, iter, checked->transfer.pos, request);
  if (offset == vfs::kAtPosition && result > 0) position_ += result;
  return result;
}

int File::fsync() {
  if (node_ == nullptr) return -EBADF;
  return xfs::fsync(*node_, errors_, 0, spec::kFileSizeMax - 1, false);
}

int File::fdatasync() {
  if (node_ == nullptr) return -EBADF;
  return xfs::fsync(*node_, errors_, 0, spec::kFileSizeMax - 1, true);
}

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  if (node_ == nullptr) return -EBADF;
  Inode& inode = node_->inode;
  const auto size = static_cast<std::uint64_t>(length);
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> cache_lock(inode.recorder, inode.number);
  // What is swapped to lies below the size; growing takes nothing of it.
  if (node_->is_swapfile && size <= inode.size) return -ETXTBSY;
  const int error = vfs::check_size_limits(*caller_, inode.size, size, kSizeMax);
  if (error != 0) return error;
  const int refused = vfs::file_modified(node_->attributes, *caller_, false, 0, inode.recorder);
  return refused != 0 ? refused : set_size(*node_, size);
}

int File::fallocate(int mode, std::int64_t pos, std::int64_t length) {
  if (node_ == nullptr) return -EBADF;
  return xfs::fallocate(*node_, *caller_, mode, pos, length);
}

int File::clone_range(File& from, std::int64_t from_pos, std::int64_t length, std::int64_t to_pos) {
  if (node_ == nullptr || from.node_ == nullptr || options_.append) return -EBADF;
  if (!is_range(from_pos, length) || !is_range(to_pos, length)) return -EINVAL;
  return xfs::clone_range(
      *from.node_, static_cast<std::uint64_t>(from_pos), *node_, static_cast<std::uint64_t>(to_pos),
      static_cast<std::uint64_t>(length), *caller_);
}

std::int64_t File::lseek(std::int64_t offset, int whence) {
  if (node_ == nullptr) return -EBADF;
  std::int64_t base = 0;
  switch (whence) {
    case SEEK_SET: break;
    case SEEK_CUR: base = position_; break;
    case SEEK_END: base = size(); break;
    case SEEK_DATA:
    case SEEK_HOLE: {
      const std::int64_t found =
          whence == SEEK_DATA ? seek_data(node_->inode, offset) : seek_hole(node_->inode, offset);
      if (found >= 0) position_ = found;
      return found;
    }
    default: return -EINVAL;
  }
  std::int64_t position = 0;
  if (__builtin_add_overflow(base, offset, &position) || position < 0) return -EINVAL;
  return position_ = position;
}

std::int64_t File::size() const {
  return node_ == nullptr ? -EBADF : static_cast<std::int64_t>(node_->inode.size);
}

std::int64_t File::position() const { return node_ == nullptr ? -EBADF : position_; }

int File::close() {
  if (node_ == nullptr) return -EBADF;
  --node_->inode.writers;
  node_ = nullptr;
  return 0;
}

void File::drop_cache() {
  if (node_ != nullptr) node_->inode.pages.drop_clean();
}

std::optional<std::uint64_t> File::device_block_of(std::uint64_t file_block) const {
  if (node_ == nullptr) return std::nullopt;
  const Extent* const found = node_->inode.data.at_or_after(file_block);
  if (found == nullptr || !found->covers(file_block) || found->is_delayed()) return std::nullopt;
  return found->device_block + (file_block - found->start);
}

}  // namespace quire::ref::xfs
