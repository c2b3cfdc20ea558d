// A handle on a file of an XFS volume: the checks of each call.
#include "ref/linux/xfs/file.h"

#include "ref/linux/iomap/buffered_read.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/xfs/clone_range.h"
#include "ref/linux/xfs/fallocate.h"
#include "ref/linux/xfs/file_write.h"
#include "ref/linux/xfs/fsync.h"
#include "ref/linux/xfs/read_ops.h"
#include "ref/linux/xfs/seek.h"
#include "ref/linux/xfs/set_size.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "ref/noted_lock.h"
#include "ref/vfs/modified.h"
#include "ref/vfs/seek.h"
#include "ref/vfs/write_checks.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace quire::ref::xfs {
File::File(Node& node, const OpenOptions& options, vfs::Caller& caller)
    : node_(&node),
      handle_{.appends = options.append},
      options_(options),
      caller_(&caller),
      errors_(node.errors.open()),
      volume_errors_(node.errors_of_volume.open()) {}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = handle_.check(node_ != nullptr, segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  WriteRequest request;
  request.pos = transfer->pos;
  request.append = transfer->flags.append;
  request.nowait = transfer->flags.nowait;
  request.sync = options_.sync || transfer->flags.full;
  request.dsync = request.sync || options_.dsync || transfer->flags.sync;

  IovIter iter(std::move(transfer->segments));
  const std::int64_t result =
      buffered_write(*node_, iter, request, *caller_, [&](std::uint64_t from, std::uint64_t last) {
        return xfs::fsync(*node_, errors_, from, last);
      });
  handle_.advance(offset, result, request.pos);
  return result;
}

std::int64_t File::preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = handle_.check(node_ != nullptr, segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  Inode& inode = node_->inode;
  const iomap::Request request{.nowait = transfer->flags.nowait};
  if (request.nowait && caller_->iolock_contended) return -EAGAIN;
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number, request.nowait);
  ReadOps ops(inode);
  IovIter iter(std::move(transfer->segments));
  const std::int64_t result = iomap::file_buffered_read(inode, ops, iter, transfer->pos, request);
  handle_.advance(offset, result, transfer->pos + static_cast<std::uint64_t>(result));
  return result;
}

int File::fsync() {
  if (node_ == nullptr) return -EBADF;
  return xfs::fsync(*node_, errors_, 0, spec::kFileSizeMax - 1);
}

int File::write_back() {
  if (node_ == nullptr) return -EBADF;
  WritebackOps ops(node_->inode);
  return iomap::writepages(node_->inode, ops, 0, node_->inode.size);
}

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  if (node_ == nullptr) return -EBADF;
  Inode& inode = node_->inode;
  const auto size = static_cast<std::uint64_t>(length);
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> cache_lock(inode.recorder, inode.number);
  // Swap lies below the size, so that a larger size keeps it.
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
  if (node_ == nullptr || from.node_ == nullptr || handle_.appends) return -EBADF;
  if (!vfs::is_range(from_pos, length) || !vfs::is_range(to_pos, length)) return -EINVAL;
  return xfs::clone_range(
      *from.node_, static_cast<std::uint64_t>(from_pos), *node_, static_cast<std::uint64_t>(to_pos),
      static_cast<std::uint64_t>(length), *caller_);
}

std::int64_t File::lseek(std::int64_t offset, int whence) {
  if (node_ == nullptr) return -EBADF;
  std::int64_t position = 0;
  switch (whence) {
    case SEEK_DATA: position = seek_data(node_->inode, offset); break;
    case SEEK_HOLE: position = seek_hole(node_->inode, offset); break;
    default: position = vfs::seek_by(node_->inode.size, handle_.position, offset, whence);
  }
  if (position >= 0) handle_.position = position;
  return position;
}

std::int64_t File::size() const {
  return node_ == nullptr ? -EBADF : static_cast<std::int64_t>(node_->inode.size);
}

std::int64_t File::position() const { return node_ == nullptr ? -EBADF : handle_.position; }

int File::close() {
  const bool was_open = node_ != nullptr;
  node_.reset();
  return was_open ? 0 : -EBADF;
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
