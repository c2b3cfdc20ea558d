// The arguments of a read or write, checked as pwritev2(2) checks them.
#pragma once

#include "ref/vfs/rw_flags.h"

#include <sys/uio.h>

#include <cstdint>
#include <expected>
#include <vector>

namespace quire::ref::vfs {

/// A read or write that passed the checks.
struct Transfer {
  std::vector<iovec> segments;  ///< clamped (ref/user_memory/import_iovec.h); not empty
  std::uint64_t pos;            ///< byte of the file
  RwFlags flags{};
};

/// As the offset of a call: the handle's own position.
inline constexpr std::int64_t kAtPosition = -1;

/// The transfer, or the answer of the call: 0 or a negative errno, in this order (Linux 6.18):
///   EINVAL  offset < -1
///   EBADF   not open
///   EINVAL, EFAULT  the array's (ref/user_memory/import_iovec.h)
///   0       no bytes
///   EINVAL  it would end past 2^63 - 1
///   EOPNOTSUPP, EINVAL  the flags' (ref/vfs/rw_flags.h)
/// position: of the handle, bytes. appends: the handle was opened with O_APPEND.
std::expected<Transfer, std::int64_t> check_transfer(
    bool is_open, const iovec* segments, int iovcnt, std::int64_t offset, std::int64_t position,
    int flags, bool appends);

/// Whether [pos, pos + length) can be a range of a file: bytes, neither negative nor past 2^63 - 1.
bool is_range(std::int64_t pos, std::int64_t length);

}  // namespace quire::ref::vfs
