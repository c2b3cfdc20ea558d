// A handle on an F2FS file: the checks of each call, and its locks.
#include "ref/f2fs/file.h"

#include "ref/f2fs/atomic_file.h"
#include "ref/f2fs/buffered_read.h"
#include "ref/f2fs/checkpoint.h"
#include "ref/f2fs/cluster.h"
#include "ref/f2fs/file_write.h"
#include "ref/f2fs/inline_data.h"
#include "ref/f2fs/ledger.h"
#include "ref/f2fs/truncate.h"
#include "ref/f2fs/writeback.h"
#include "ref/import_iovec.h"
#include "ref/noted_lock.h"
#include "spec/geometry.h"

#include <cerrno>
#include <new>
#include <utility>

namespace quire::ref::f2fs {
namespace {

constexpr std::int64_t kAtPosition = -1;

/// 0, or why the file does not take this size.
int check_size(const Inode& inode, std::int64_t length) {
  if (inode.node.is_immutable) return -EPERM;
  if (inode.is_atomic()) return -EINVAL;
  const auto size = static_cast<std::uint64_t>(length);
  return inode.node.is_released && size % kClusterSize != 0 ? -EINVAL : 0;
}

}  // namespace

File::File(File&& other) noexcept
    : inode_(std::exchange(other.inode_, nullptr)), position_(other.position_) {}

File& File::operator=(File&& other) noexcept {
  position_ = other.position_;
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
  if ((flags & ~RWF_NOWAIT) != 0) return std::unexpected(-EOPNOTSUPP);
  return Transfer{std::move(*imported), pos};
}

template <class Call>
auto File::locked(Call&& call) {
  using Answer = decltype(call(*inode_));
  if (inode_ == nullptr) return Answer{-EBADF};
  Superblock& volume = inode_->volume;
  if (volume.cp_error) return Answer{-EIO};
  Answer answer{};
  {
    const NotedLock<spec::Iolock> iolock(volume.recorder, inode_->number);
    try {
      answer = call(*inode_);
    } catch (const std::bad_alloc&) {
      answer = -ENOMEM;
    }
  }
  tell_ledger(volume);
  return answer;
}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = check(segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  const bool nowait = (flags & RWF_NOWAIT) != 0;
  const std::int64_t result =
      file_write(*inode_, std::move(transfer->segments), transfer->pos, nowait);
  if (offset == kAtPosition && result > 0) position_ += result;
  tell_ledger(inode_->volume);
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
  Superblock& volume = inode_->volume;
  if (volume.cp_error) return -EIO;
  std::uint64_t size = 0;
  {
    // Writeback itself runs without the IOLOCK (LK-6).
    const NotedLock<spec::Iolock> iolock(volume.recorder, inode_->number);
    size = inode_->node.size;
  }
  const int write_error = writeback(*inode_, size);
  const int flush_error = volume.device.flush();
  if (write_error == 0 && flush_error == 0) keep_nodes(volume);
  tell_ledger(volume);
  return write_error != 0 ? write_error : flush_error;
}

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  return locked([&](Inode& inode) {
    if (const int error = check_size(inode, length); error != 0) return error;
    return truncate(inode, static_cast<std::uint64_t>(length));
  });
}

std::int64_t File::size() const {
  if (inode_ == nullptr) return -EBADF;
  return static_cast<std::int64_t>(inode_->node.size);
}

std::int64_t File::position() const { return inode_ == nullptr ? -EBADF : position_; }

int File::close() { return std::exchange(inode_, nullptr) == nullptr ? -EBADF : 0; }

void File::drop_cache() {
  if (inode_ != nullptr) inode_->pages.drop_clean();
}

std::optional<std::uint64_t> File::map(std::uint64_t index) const {
  if (inode_ == nullptr || inode_->node.is_stored_compressed(index)) return std::nullopt;
  const Address address = inode_->node.address(index);
  return has_place(address) ? std::optional(address) : std::nullopt;
}

int File::start_atomic_write() { return locked(f2fs::start_atomic_write); }
int File::commit_atomic_write() { return locked(f2fs::commit_atomic_write); }
int File::abort_atomic_write() { return locked(f2fs::abort_atomic_write); }
std::int64_t File::release_compress_blocks() { return locked(f2fs::release_compress_blocks); }
std::int64_t File::reserve_compress_blocks() { return locked(f2fs::reserve_compress_blocks); }

int File::set_pinned(bool pinned) {
  return locked([&](Inode& inode) {
    if (pinned && (inode.node.is_compressed || inode.is_atomic())) return -EINVAL;
    const int error = pinned ? convert_inline_inode(inode) : 0;
    if (error == 0) inode.node.is_pinned = pinned;
    return error;
  });
}

int File::set_immutable(bool immutable) {
  return locked([&](Inode& inode) {
    inode.node.is_immutable = immutable;
    return 0;
  });
}

int File::set_contended(bool contended) {
  if (inode_ == nullptr) return -EBADF;
  inode_->is_contended = contended;
  return 0;
}

bool File::is_stored_compressed(std::uint64_t index) const {
  return inode_ != nullptr && inode_->node.is_stored_compressed(index);
}

}  // namespace quire::ref::f2fs
