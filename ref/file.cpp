// A handle on a file: the checks of each call, and its locks.
#include "ref/file.h"

#include "ref/buffered_read.h"
#include "ref/buffered_write.h"
#include "ref/import_iovec.h"
#include "ref/noted_lock.h"
#include "ref/truncate.h"
#include "ref/vfs/write_checks.h"
#include "ref/writeback.h"

#include <cerrno>
#include <utility>

namespace quire::ref {
namespace {

constexpr std::int64_t kAtPosition = -1;

}  // namespace

File::File(File&& other) noexcept
    : inode_(std::exchange(other.inode_, nullptr)),
      appends_(other.appends_),
      position_(other.position_),
      errors_(other.errors_),
      volume_errors_(other.volume_errors_) {}

File& File::operator=(File&& other) noexcept {
  appends_ = other.appends_;
  position_ = other.position_;
  errors_ = other.errors_;
  volume_errors_ = other.volume_errors_;
  inode_ = std::exchange(other.inode_, nullptr);
  return *this;
}

std::expected<File::Transfer, std::int64_t> File::check(
    const iovec* segments, int iovcnt, std::int64_t offset, int flags) const {
  if (offset < kAtPosition) return std::unexpected(-EINVAL);
  if (inode_ == nullptr) return std::unexpected(-EBADF);
  auto imported = import_iovec(segments, iovcnt);
  if (!imported) return std::unexpected(imported.error());
  const std::uint64_t total = total_length(*imported);
  if (total == 0) return std::unexpected(0);
  const auto pos = static_cast<std::uint64_t>(offset == kAtPosition ? position_ : offset);
  if (spec::kFileSizeMax - total < pos) return std::unexpected(-EINVAL);
  const auto decoded = decode_rw_flags(flags, appends_);
  if (!decoded) return std::unexpected(decoded.error());
  return Transfer{std::move(*imported), pos, *decoded};
}

int File::check_write(Transfer& transfer) const {
  vfs::Caller& caller = inode_->volume.caller;
  spec::WriteChecks<std::uint64_t> checks{
      .swapfile = 0,
      .append = transfer.flags.append,
      .nowait = transfer.flags.nowait,
      .nowait_support = 1,
      .size = inode_->size,
      .iolock = 1,
      .limits = vfs::limits_of(caller, spec::kFileSizeMax),
      .pos = transfer.pos,
      .count = total_length(transfer.segments),
      .error = 0,
      .signal = 0,
      .pos_after = 0,
      .count_after = 0};
  vfs::generic_write_checks(checks);
  caller.fsize_signals += checks.signal;
  if (inode_->volume.recorder != nullptr) inode_->volume.recorder->step(checks);
  transfer.pos = checks.pos_after;
  shorten(transfer.segments, checks.count_after);
  return static_cast<int>(checks.error);
}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = check(segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  std::int64_t result = 0;
  {
    const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
    if (const int error = check_write(*transfer); error != 0) return error;
    result = buffered_write(
        *inode_, std::move(transfer->segments), transfer->pos, transfer->flags.nowait);
  }
  // Synced without the lock (SYN-2); an error replaces the count, and the position stays (SYN-1).
  if (transfer->flags.sync && result > 0) {
    if (const int error = fsync(); error != 0) return error;
  }
  if (offset == kAtPosition && result > 0) {
    position_ = static_cast<std::int64_t>(transfer->pos) + result;
  }
  return result;
}

std::int64_t File::preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = check(segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const std::int64_t result =
      buffered_read(*inode_, std::move(transfer->segments), transfer->pos, transfer->flags.nowait);
  if (offset == kAtPosition && result > 0) position_ += result;
  return result;
}

int File::fsync() {
  if (inode_ == nullptr) return -EBADF;
  const int met = write_back_file(*inode_);
  const int flush_error = inode_->volume.device.flush();
  const int told = inode_->errors.check_and_advance(errors_);
  if (met != 0) return met;
  return told != 0 ? told : flush_error;
}

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  if (inode_ == nullptr) return -EBADF;
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const auto size = static_cast<std::uint64_t>(length);
  const int over =
      vfs::check_size_limits(inode_->volume.caller, inode_->size, size, spec::kFileSizeMax);
  return over != 0 ? over : truncate(*inode_, size);
}

std::int64_t File::size() const {
  if (inode_ == nullptr) return -EBADF;
  return static_cast<std::int64_t>(inode_->size);
}

std::int64_t File::position() const { return inode_ == nullptr ? -EBADF : position_; }

int File::close() { return std::exchange(inode_, nullptr) == nullptr ? -EBADF : 0; }

void File::drop_cache() {
  if (inode_ != nullptr) inode_->pages.drop_clean();
}

std::optional<std::uint64_t> File::map(std::uint64_t file_block) const {
  if (inode_ == nullptr) return std::nullopt;
  return inode_->blocks.find_written(file_block);
}

}  // namespace quire::ref
