// A handle on a file: the checks of each call, and its locks.
#include "ref/plain/file.h"

#include "ref/noted_lock.h"
#include "ref/plain/buffered_read.h"
#include "ref/plain/buffered_write.h"
#include "ref/plain/truncate.h"
#include "ref/plain/writeback.h"
#include "ref/vfs/iolocked.h"
#include "ref/vfs/sync.h"
#include "ref/vfs/write_checks.h"

#include <cerrno>
#include <utility>

namespace quire::ref {
namespace {

/// Writes the transfer, cut at the limits (CHK-2), and at the end of the file if it appends. Sets
/// transfer.pos to where it wrote. Returns the bytes or a negative errno.
std::int64_t write_locked(Inode& inode, vfs::Transfer& transfer) {
  const vfs::Iolocked iolock(inode.volume.recorder, inode.number, inode.iolock_holders);
  vfs::Caller& caller = inode.volume.caller;
  IovIter iter(std::move(transfer.segments));
  spec::WriteChecks<std::uint64_t> checks{};
  checks.append = transfer.flags.append;
  checks.nowait = transfer.flags.nowait;
  checks.nowait_support = 1;
  checks.size = inode.size;
  checks.iolock = inode.iolock_holders != 0;
  checks.limits = vfs::limits_of(caller, spec::kFileSizeMax);
  checks.pos = transfer.pos;
  const int error = vfs::check_write(checks, iter, caller, inode.volume.recorder);
  if (error != 0) return error;
  transfer.pos = checks.pos_after;
  if (inode.size < transfer.pos && inode.stale_tail) {
    if (transfer.flags.nowait) return -EAGAIN;
    if (const int stale = zero_stale_tail(inode); stale != 0) return stale;
  }
  return buffered_write(inode, iter, transfer.pos, transfer.flags.nowait);
}

}  // namespace

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = handle_.check(inode_ != nullptr, segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  std::int64_t result = write_locked(*inode_, *transfer);
  result = vfs::write_sync(
      *transfer, result, inode_->iolock_holders, inode_->volume.recorder,
      [this] { return fsync(); });
  handle_.advance(offset, result, transfer->pos + static_cast<std::uint64_t>(result));
  return result;
}

std::int64_t File::preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = handle_.check(inode_ != nullptr, segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const std::int64_t result =
      buffered_read(*inode_, std::move(transfer->segments), transfer->pos, transfer->flags.nowait);
  handle_.advance(offset, result, transfer->pos + static_cast<std::uint64_t>(result));
  return result;
}

int File::fsync() {
  if (inode_ == nullptr) return -EBADF;
  const int write_error = write_back_file(*inode_);
  const int flush_error = inode_->volume.device.flush();
  const int recorded_error = inode_->errors.check_and_advance(errors_);
  if (write_error != 0) return write_error;
  return recorded_error != 0 ? recorded_error : flush_error;
}

int File::write_back() { return inode_ == nullptr ? -EBADF : write_back_file(*inode_); }

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  if (inode_ == nullptr) return -EBADF;
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const NotedLock<spec::InvalidateLock> cache_lock(inode_->volume.recorder, inode_->number);
  const auto size = static_cast<std::uint64_t>(length);
  const int over =
      vfs::check_size_limits(inode_->volume.caller, inode_->size, size, spec::kFileSizeMax);
  return over != 0 ? over : truncate(*inode_, size);
}

std::int64_t File::size() const {
  if (inode_ == nullptr) return -EBADF;
  return static_cast<std::int64_t>(inode_->size);
}

std::int64_t File::position() const { return inode_ == nullptr ? -EBADF : handle_.position; }

int File::close() {
  const bool was_open = inode_ != nullptr;
  inode_.reset();
  return was_open ? 0 : -EBADF;
}

void File::drop_cache() {
  if (inode_ != nullptr) inode_->pages.drop_clean();
}

std::optional<std::uint64_t> File::device_block_of(std::uint64_t file_block) const {
  if (inode_ == nullptr) return std::nullopt;
  return inode_->blocks.find_written(file_block);
}

}  // namespace quire::ref
