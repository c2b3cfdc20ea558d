// A handle on a file of an XFS volume: the checks of each call, and what it goes to.
#include "ref/xfs/file.h"

#include "ref/iomap/buffered_read.h"
#include "ref/noted_lock.h"
#include "ref/vfs/modified.h"
#include "ref/vfs/transfer.h"
#include "ref/vfs/write_checks.h"
#include "ref/xfs/clone_range.h"
#include "ref/xfs/fallocate.h"
#include "ref/xfs/file_write.h"
#include "ref/xfs/fsync.h"
#include "ref/xfs/read_ops.h"
#include "ref/xfs/seek.h"
#include "ref/xfs/set_size.h"

#include <cerrno>
#include <utility>

namespace quire::ref::xfs {
namespace {

constexpr int kWriteFlags = RWF_APPEND | RWF_NOWAIT | RWF_DSYNC | RWF_SYNC;

}  // namespace

File::File(Node& node, const OpenOptions& options, vfs::Caller& caller)
    : node_(&node), options_(options), caller_(&caller), errors_(node.errors.open()) {
  ++node.inode.writers;
}

File::File(File&& other) noexcept
    : node_(std::exchange(other.node_, nullptr)),
      options_(other.options_),
      caller_(other.caller_),
      errors_(other.errors_),
      position_(other.position_) {}

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  close();
  node_ = std::exchange(other.node_, nullptr);
  options_ = other.options_;
  caller_ = other.caller_;
  errors_ = other.errors_;
  position_ = other.position_;
  return *this;
}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = vfs::check_transfer(
      node_ != nullptr, segments, iovcnt, offset, position_, flags, kWriteFlags);
  if (!transfer) return transfer.error();
  WriteRequest request;
  request.pos = transfer->pos;
  request.append = options_.append || (flags & RWF_APPEND) != 0;
  request.nowait = (flags & RWF_NOWAIT) != 0;
  request.sync = options_.sync || (flags & RWF_SYNC) != 0;
  request.dsync = request.sync || options_.dsync || (flags & RWF_DSYNC) != 0;

  IovIter iter(std::move(transfer->segments));
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
  auto transfer =
      vfs::check_transfer(node_ != nullptr, segments, iovcnt, offset, position_, flags, 0);
  if (!transfer) return transfer.error();
  Inode& inode = node_->inode;
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number);
  ReadOps ops(inode);
  IovIter iter(std::move(transfer->segments));
  const std::int64_t result = iomap::file_buffered_read(inode, ops, iter, transfer->pos);
  if (offset == vfs::kAtPosition && result > 0) position_ += result;
  return result;
}

int File::fsync() {
  if (node_ == nullptr) return -EBADF;
  return xfs::fsync(*node_, errors_, 0, spec::kFileSizeMax - 1, false);
}

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  if (node_ == nullptr) return -EBADF;
  if (node_->is_swapfile) return -ETXTBSY;
  Inode& inode = node_->inode;
  const auto size = static_cast<std::uint64_t>(length);
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> cache_lock(inode.recorder, inode.number);
  const int error = vfs::check_size_limits(*caller_, inode.size, size, kSizeMax);
  if (error != 0) return error;
  const int refused = vfs::file_modified(node_->attributes, *caller_, false, 0, inode.recorder);
  return refused != 0 ? refused : set_size(*node_, size);
}

int File::fallocate(int mode, std::int64_t pos, std::int64_t length) {
  if (node_ == nullptr) return -EBADF;
  return xfs::fallocate(*node_, *caller_, mode, pos, length);
}

int File::clone_range(
    File& from, std::uint64_t from_pos, std::uint64_t length, std::uint64_t to_pos) {
  if (node_ == nullptr || from.node_ == nullptr) return -EBADF;
  return xfs::clone_range(*from.node_, from_pos, *node_, to_pos, length, *caller_);
}

std::int64_t File::seek_data(std::int64_t pos) {
  return node_ == nullptr ? -EBADF : xfs::seek_data(node_->inode, pos);
}

std::int64_t File::seek_hole(std::int64_t pos) {
  return node_ == nullptr ? -EBADF : xfs::seek_hole(node_->inode, pos);
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

std::optional<std::uint64_t> File::map(std::uint64_t file_block) const {
  if (node_ == nullptr) return std::nullopt;
  const Extent* const found = node_->inode.data.at_or_after(file_block);
  if (found == nullptr || !found->covers(file_block) || found->is_delayed()) return std::nullopt;
  return found->place + (file_block - found->start);
}

}  // namespace quire::ref::xfs
