// A handle on an F2FS file: the checks of each call, and its locks.
#include "ref/linux/f2fs/file.h"

#include "ref/linux/f2fs/atomic_file.h"
#include "ref/linux/f2fs/buffered_read.h"
#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/file_write.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/linux/f2fs/ledger.h"
#include "ref/linux/f2fs/seek.h"
#include "ref/linux/f2fs/truncate.h"
#include "ref/linux/f2fs/writeback.h"
#include "ref/noted_lock.h"
#include "ref/vfs/seek.h"
#include "ref/vfs/sync.h"
#include "ref/vfs/write_checks.h"
#include "spec/geometry.h"

#include <cerrno>
#include <new>
#include <utility>

namespace quire::ref::f2fs {
namespace {

/// 0, or the error if the file cannot have this size.
int check_size(const Inode& inode, std::int64_t length) {
  if (inode.node.is_immutable) return -EPERM;
  if (inode.is_atomic()) return -EINVAL;
  const auto size = static_cast<std::uint64_t>(length);
  return inode.node.is_released && size % kClusterSize != 0 ? -EINVAL : 0;
}

}  // namespace

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
  report_ledger(volume);
  return answer;
}

std::int64_t File::pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
  auto transfer = handle_.check(inode_ != nullptr, segments, iovcnt, offset, flags);
  if (!transfer) return transfer.error();
  std::int64_t result = file_write(*inode_, *transfer);
  report_ledger(inode_->volume);
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
  Superblock& volume = inode_->volume;
  if (volume.cp_error) return -EIO;
  std::uint64_t size = 0;
  {
    // Writeback itself runs without the IOLOCK (LK-6).
    const NotedLock<spec::Iolock> iolock(volume.recorder, inode_->number);
    size = inode_->node.size;
  }
  int error = writeback(*inode_, size);
  const int flush_error = volume.device.flush();
  const int recorded_error = inode_->errors.check_and_advance(errors_);
  if (error == 0) error = recorded_error != 0 ? recorded_error : flush_error;
  if (error == 0) keep_nodes(volume);
  report_ledger(volume);
  return error;
}

int File::write_back() {
  if (inode_ == nullptr) return -EBADF;
  if (inode_->volume.cp_error) return -EIO;
  const int error = writeback(*inode_, inode_->node.size);
  report_ledger(inode_->volume);
  return error;
}

int File::ftruncate(std::int64_t length) {
  if (length < 0) return -EINVAL;
  return locked([&](Inode& inode) {
    if (const int error = check_size(inode, length); error != 0) return error;
    const auto size = static_cast<std::uint64_t>(length);
    const int over =
        vfs::check_size_limits(inode.volume.caller, inode.node.size, size, spec::kFileSizeMax);
    return over != 0 ? over : truncate(inode, size);
  });
}

std::int64_t File::lseek(std::int64_t offset, int whence) {
  if (inode_ == nullptr) return -EBADF;
  const NotedLock<spec::Iolock> iolock(inode_->volume.recorder, inode_->number);
  const vfs::SeekIn in{inode_->node.size, kBlockSize, [this](std::uint64_t index) {
                         return next_data(*inode_, index);
                       }};
  const std::int64_t position = vfs::lseek(in, handle_.position, offset, whence);
  if (position >= 0) handle_.position = position;
  return position;
}

std::int64_t File::size() const {
  if (inode_ == nullptr) return -EBADF;
  return static_cast<std::int64_t>(inode_->node.size);
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

std::optional<std::uint64_t> File::device_block_of(std::uint64_t index) const {
  if (inode_ == nullptr || inode_->node.is_stored_compressed(index)) return std::nullopt;
  const Address address = inode_->node.address(index);
  return is_block_address(address) ? std::optional(address) : std::nullopt;
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
