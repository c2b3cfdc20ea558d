// The system-call surface: checks arguments in the kernel's order, keeps positions, and lets no
// exception out.
#include <quire/volume.h>

#include "impl/api/handles.h"
#include "impl/process/this_process.h"
#include "impl/user_memory/copy/copy.h"
#include "impl/user_memory/copy/copy_by_system.h"
#include "impl/user_memory/copy/fault_watch.h"
#include "spec/geometry.h"

#include <cxxabi.h>
#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace quire {
namespace {

/// A call's segments, with lengths that sum up to at most MAX_RW_COUNT.
struct Segments {
  boost::container::small_vector<iovec, 8> array;
  std::uint64_t total = 0;
};

/// Copies the array, which may lie in any memory, and clamps it. 0 or a negative errno, as
/// import_iovec() answers: readv(2). Checks only the copy: another thread may change the array.
int import_segments(const iovec* iov, int iovcnt, Segments& to) {
  if (iovcnt < 0 || static_cast<std::uint64_t>(iovcnt) > spec::kSegmentsMax) return -EINVAL;
  const auto count = static_cast<std::size_t>(iovcnt);
  to.array.resize(count, boost::container::default_init);
  const std::size_t copied = impl::copy_from_user(to.array.data(), iov, count * sizeof(iovec));
  const std::size_t readable = copied / sizeof(iovec);
  for (const iovec& segment : std::span(to.array.data(), readable)) {
    if (static_cast<ssize_t>(segment.iov_len) < 0) return -EINVAL;
  }
  if (readable < count) return -EFAULT;
  for (iovec& segment : to.array) {
    const std::uint64_t length =
        std::min<std::uint64_t>(segment.iov_len, spec::kReadWriteMax - to.total);
    // A single segment is clamped before it is checked, one of several after that.
    const std::uint64_t whole = count == 1 ? length : segment.iov_len;
    if (impl::is_no_user_range(segment.iov_base, whole)) return -EFAULT;
    segment.iov_len = length;
    to.total += length;
  }
  return 0;
}

/// Runs a call. Returns -ENOMEM where it runs out of memory, and -EIO for any other exception. A
/// thread that is cancelled in the caller's own code (a device, a memory resource) unwinds.
template <class Call>
auto guarded(Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  } catch (...) {
    return -EIO;
  }
}

/// 0, or why the handle serves no call: -EBADF if it was moved from or closed, -ESTALE in a child
/// of the process that opened it.
template <class Handle>
int refusal(const std::unique_ptr<Handle>& handle) {
  if (handle == nullptr || handle->closed.load(std::memory_order_relaxed)) return -EBADF;
  return handle->process == impl::this_process() ? 0 : -ESTALE;
}

/// The common part of pwritev2 and preadv2: move(iter, pos) does the work and moves pos.
template <class Handle, class Move>
ssize_t move_segments(
    const std::unique_ptr<Handle>& handle, const iovec* iov, int iovcnt, off_t offset, int flags,
    Move&& move) {
  if (offset < -1) return -EINVAL;
  if (const int error = refusal(handle); error != 0) return error;
  impl::watch_faults();
  Segments segments;
  if (const int error = import_segments(iov, iovcnt, segments); error != 0) return error;
  if (segments.total == 0) return 0;

  const auto at = [&](std::uint64_t& pos) -> ssize_t {
    if (segments.total > spec::kFileSizeMax - pos) return -EINVAL;
    if (flags != 0) return -EOPNOTSUPP;
    impl::IovIter iter({segments.array.data(), segments.array.size()}, segments.total);
    return move(iter, pos);
  };
  if (offset >= 0) {
    auto pos = static_cast<std::uint64_t>(offset);
    return at(pos);
  }
  const impl::Lock lock(handle->position_lock);
  std::uint64_t pos = handle->position.load(std::memory_order_relaxed);
  const ssize_t result = at(pos);
  handle->position.store(pos, std::memory_order_relaxed);
  return result;
}

}  // namespace

File::File(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  const File old(std::move(*this));
  handle_ = std::move(other.handle_);
  return *this;
}

File::~File() {
  // A child leaves what it inherited as it is: other threads of the parent may have been at work on
  // it when the child was forked.
  if (handle_ != nullptr && handle_->process != impl::this_process()) {
    static_cast<void>(handle_.release());
  }
}

ssize_t File::pwritev2(const iovec* iov, int iovcnt, off_t offset, int flags) {
  return guarded([&] {
    return move_segments(
        handle_, iov, iovcnt, offset, flags,
        [&](impl::IovIter& from, std::uint64_t& pos) { return handle_->inode.write(from, pos); });
  });
}

ssize_t File::preadv2(const iovec* iov, int iovcnt, off_t offset, int flags) {
  return guarded([&] {
    return move_segments(
        handle_, iov, iovcnt, offset, flags,
        [&](impl::IovIter& to, std::uint64_t& pos) { return handle_->inode.read(to, pos); });
  });
}

int File::fsync() {
  if (const int error = refusal(handle_); error != 0) return error;
  return guarded([&] { return handle_->inode.fsync(handle_->errors_seen); });
}

int File::ftruncate(off_t length) {
  if (length < 0) return -EINVAL;
  if (const int error = refusal(handle_); error != 0) return error;
  return guarded([&] { return handle_->inode.truncate(static_cast<std::uint64_t>(length)); });
}

off_t File::size() const {
  if (const int error = refusal(handle_); error != 0) return error;
  return static_cast<off_t>(handle_->inode.size());
}

off_t File::position() const {
  if (const int error = refusal(handle_); error != 0) return error;
  return static_cast<off_t>(handle_->position.load());
}

int File::drop_cache() {
  if (const int error = refusal(handle_); error != 0) return error;
  return guarded([&] {
    handle_->inode.drop_cache();
    return 0;
  });
}

std::optional<std::uint64_t> File::device_block_of(std::uint64_t file_block) const {
  if (refusal(handle_) != 0) return std::nullopt;
  std::optional<std::uint64_t> device_block;
  const int error = guarded([&] {
    device_block = handle_->inode.device_block_of(file_block);
    return 0;
  });
  return error == 0 ? device_block : std::nullopt;
}

int File::close() {
  if (const int error = refusal(handle_); error != 0) return error;
  return handle_->closed.exchange(true) ? -EBADF : 0;
}

}  // namespace quire
