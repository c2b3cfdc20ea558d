// The arguments of a read or write.
#include "ref/vfs/transfer.h"

#include "ref/user_memory/import_iovec.h"
#include "spec/geometry.h"

#include <cerrno>
#include <utility>

namespace quire::ref::vfs {

std::expected<Transfer, std::int64_t> check_transfer(
    bool is_open, const iovec* segments, int iovcnt, std::int64_t offset, std::int64_t position,
    int flags, bool appends) {
  if (offset < kAtPosition) return std::unexpected(-EINVAL);
  if (!is_open) return std::unexpected(-EBADF);
  auto imported = import_iovec(segments, iovcnt);
  if (!imported) return std::unexpected(imported.error());
  const std::uint64_t total = total_length(*imported);
  if (total == 0) return std::unexpected(0);
  const auto pos = static_cast<std::uint64_t>(offset == kAtPosition ? position : offset);
  if (spec::kFileSizeMax - total < pos) return std::unexpected(-EINVAL);
  const auto decoded = decode_rw_flags(flags, appends);
  if (!decoded) return std::unexpected(decoded.error());
  return Transfer{std::move(*imported), pos, *decoded};
}

bool is_range(std::int64_t pos, std::int64_t length) {
  return 0 <= pos && 0 <= length &&
         static_cast<std::uint64_t>(length) <= spec::kFileSizeMax - static_cast<std::uint64_t>(pos);
}

}  // namespace quire::ref::vfs
