// The caller's array of segments, checked and clamped as a system call does it.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <expected>
#include <vector>

namespace quire::ref {

/// A copy of the array, its lengths shortened from the first that would pass MAX_RW_COUNT in all;
/// later ones become 0. Errors (negative errno), in this order, after pwritev2(2) of Linux 6.18:
///   EINVAL  iovcnt is negative or above 1024
///   EFAULT  the array itself cannot be read
///   EINVAL  a segment is longer than SSIZE_MAX
///   EFAULT  a segment has addresses that no program has
std::expected<std::vector<iovec>, int> import_iovec(const iovec* segments, int iovcnt);

/// The bytes of all segments.
std::uint64_t total_length(const std::vector<iovec>& segments);

}  // namespace quire::ref
