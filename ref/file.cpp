// A handle on a file: the checks of each call, and its locks.
#include "ref/file.h"

#include "ref/buffered_read.h"
#include "ref/buffered_write.h"
#include "ref/import_iovec.h"
#include "ref/noted_lock.h"
#include "ref/truncate.h"
#include "ref/writeback.h"

#include <cerrno>
#include <utility>

namespace quire::ref {
namespace {

constexpr std::int64_t kAtPosition = -1;

}  // namespace

File::File(File&& other) noexcept
    : inode_(std::exchange(other.inode_, nullptr)),
      position_(other.position_),
      errors_(other.errors_),
      volume_errors_(other.volume_errors_) {}

File& File::operator=(File&& other) noexcept {
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
  if (flags != 0) return std::unexpected(-EOPNOTSUPP);
  return Transfer{std::move(*imported), pos};
}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = check(segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const std::int64_t result = buffered_write(*inode_, std::move(transfer->segments), transfer->pos);
  if (offset == kAtPosition && result > 0) position_ += result;
  return result;
}

std::int64_t File::preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = check(segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const std::int64_t result = buffered_read(*inode_, std::move(transfer->segments), transfer->pos);
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
  return truncate(*inode_, static_cast<std::uint64_t>(length));
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
  return inode_->blocks.find(file_block);
}

}  // namespace quire::ref
