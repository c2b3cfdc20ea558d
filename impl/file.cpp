// The system-call surface: arguments checked in the kernel's order, positions, and no exception
// out.
#include <quire/volume.h>

#include "impl/volume_state.h"
#include "spec/geometry.h"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cerrno>
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

/// Copies the array and clamps it. 0 or a negative errno, as import_iovec() answers: readv(2).
int import_segments(const iovec* iov, int iovcnt, Segments& to) {
  if (iovcnt < 0 || static_cast<std::uint64_t>(iovcnt) > spec::kSegmentsMax) return -EINVAL;
  if (iovcnt == 0) return 0;
  if (iov == nullptr) return -EFAULT;
  for (const iovec& segment : std::span(iov, static_cast<std::size_t>(iovcnt))) {
    if (static_cast<ssize_t>(segment.iov_len) < 0) return -EINVAL;
    const std::uint64_t length =
        std::min<std::uint64_t>(segment.iov_len, spec::kReadWriteMax - to.total);
    to.array.push_back({segment.iov_base, length});
    to.total += length;
  }
  return 0;
}

/// Runs a call, and answers -ENOMEM where it runs out of memory.
template <class Call>
auto guarded(Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  }
}

/// What pwritev2 and preadv2 have in common: move(iter, pos) does the work and moves pos.
template <class Handle, class Move>
ssize_t move_segments(
    Handle& handle, const iovec* iov, int iovcnt, off_t offset, int flags, Move&& move) {
  if (offset < -1) return -EINVAL;
  if (handle.closed.load(std::memory_order_relaxed)) return -EBADF;
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
  const impl::Lock lock(handle.position_lock);
  std::uint64_t pos = handle.position.load(std::memory_order_relaxed);
  const ssize_t result = at(pos);
  handle.position.store(pos, std::memory_order_relaxed);
  return result;
}

}  // namespace

File::File(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

ssize_t File::pwritev2(const iovec* iov, int iovcnt, off_t offset, int flags) {
  return guarded([&] {
    return move_segments(
        *handle_, iov, iovcnt, offset, flags,
        [&](impl::IovIter& from, std::uint64_t& pos) { return handle_->inode.write(from, pos); });
  });
}

ssize_t File::preadv2(const iovec* iov, int iovcnt, off_t offset, int flags) {
  return guarded([&] {
    return move_segments(
        *handle_, iov, iovcnt, offset, flags,
        [&](impl::IovIter& to, std::uint64_t& pos) { return handle_->inode.read(to, pos); });
  });
}

int File::fsync() {
  if (handle_->closed) return -EBADF;
  return guarded([&] { return handle_->inode.fsync(handle_->errors_told); });
}

int File::ftruncate(off_t length) {
  if (length < 0) return -EINVAL;
  if (handle_->closed) return -EBADF;
  return guarded([&] { return handle_->inode.truncate(static_cast<std::uint64_t>(length)); });
}

off_t File::size() const {
  return handle_->closed ? -EBADF : static_cast<off_t>(handle_->inode.size());
}

off_t File::position() const {
  return handle_->closed ? -EBADF : static_cast<off_t>(handle_->position.load());
}

int File::drop_cache() {
  if (handle_->closed) return -EBADF;
  return guarded([&] {
    handle_->inode.drop_cache();
    return 0;
  });
}

std::optional<std::uint64_t> File::map(std::uint64_t file_block) const {
  return handle_->closed ? std::nullopt : handle_->inode.map(file_block);
}

int File::close() { return handle_->closed.exchange(true) ? -EBADF : 0; }

}  // namespace quire
