// The caller's array of segments: the checks.
#include "ref/user_memory/import_iovec.h"

#include "ref/user_memory/user_memory.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace quire::ref {
namespace {

/// Cuts the segments to `bytes` bytes in all; those behind them become empty.
void shorten(std::vector<iovec>& segments, std::uint64_t bytes) {
  for (iovec& segment : segments) {
    segment.iov_len = std::min(segment.iov_len, bytes);
    bytes -= segment.iov_len;
  }
}

}  // namespace

std::expected<std::vector<iovec>, int> import_iovec(const iovec* segments, int iovcnt) {
  if (iovcnt < 0 || static_cast<std::uint64_t>(iovcnt) > spec::kSegmentsMax) {
    return std::unexpected(-EINVAL);
  }
  std::vector<iovec> copy(static_cast<std::size_t>(iovcnt));
  const std::uint64_t size = copy.size() * sizeof(iovec);
  if (copy_from_user(reinterpret_cast<std::byte*>(copy.data()), segments, size) < size) {
    return std::unexpected(-EFAULT);
  }
  for (const iovec& segment : copy) {
    if (segment.iov_len > std::numeric_limits<ssize_t>::max()) return std::unexpected(-EINVAL);
  }
  if (!are_user_addresses(copy)) return std::unexpected(-EFAULT);
  shorten(copy, spec::kReadWriteMax);
  return copy;
}

std::uint64_t total_length(const std::vector<iovec>& segments) {
  std::uint64_t total = 0;
  for (const iovec& segment : segments) total += segment.iov_len;
  return total;
}

}  // namespace quire::ref
