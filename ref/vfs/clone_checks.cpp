// The checks of a clone.
#include "ref/vfs/clone_checks.h"

#include "ref/vfs/write_checks.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::vfs {

int check_clone(CloneChecks& c, Caller& caller) {
  if (c.length == 0) {
    if (c.source_size < c.from) return -EINVAL;
    c.length = c.source_size - c.from;
    if (c.length == 0) return 0;
  }
  if (c.from % c.block_size != 0 || c.to % c.block_size != 0) return -EINVAL;
  if (c.source_size <= c.from) return -EINVAL;
  spec::WriteChecks<std::uint64_t> limited{};
  limited.limits = limits_of(caller, c.size_max);
  limited.pos_after = c.to;
  limited.count_after = std::min(c.length, c.source_size - c.from);
  write_limits(limited);
  caller.fsize_signals += limited.signal;
  if (limited.error != 0) return static_cast<int>(limited.error);
  if (limited.count_after != c.length) return -EINVAL;

  const bool ends_at_end = c.from + c.length == c.source_size;
  if (c.length % c.block_size != 0) {
    if (!ends_at_end || c.to + c.length < c.target_size) return -EINVAL;
  }
  const std::uint64_t whole = spec::round_up(c.length, c.block_size);
  const bool overlaps = c.to < c.from + whole && c.from < c.to + whole;
  return c.same_file && overlaps ? -EINVAL : 0;
}

}  // namespace quire::ref::vfs
