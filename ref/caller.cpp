// The limit on the size of files.
#include "ref/caller.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref {

std::expected<std::uint64_t, int> within_limit(
    Caller& caller, std::uint64_t pos, std::uint64_t count) {
  if (caller.file_size_limit == Caller::kNoLimit) return count;
  if (caller.file_size_limit <= pos) {
    caller.signal_due = true;
    return std::unexpected(-EFBIG);
  }
  return std::min(count, caller.file_size_limit - pos);
}

int check_new_size(Caller& caller, std::uint64_t size, std::uint64_t new_size) {
  if (new_size <= size || new_size <= caller.file_size_limit) return 0;
  caller.signal_due = true;
  return -EFBIG;
}

}  // namespace quire::ref
