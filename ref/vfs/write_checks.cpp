// The checks of a write, on a real iterator.
#include "ref/vfs/write_checks.h"

namespace quire::ref::vfs {

spec::WriteLimits<std::uint64_t> limits_of(const Caller& caller, std::uint64_t size_max) {
  return {
      caller.fsize_limit.has_value() ? 1u : 0u, caller.fsize_limit.value_or(0),
      caller.large_file ? 1u : 0u, size_max};
}

int check_size_limits(
    Caller& caller, std::uint64_t size, std::uint64_t end, std::uint64_t size_max) {
  if (end <= size) return 0;
  if (caller.fsize_limit && *caller.fsize_limit < end) {
    ++caller.fsize_signals;
    return -EFBIG;
  }
  return size_max < end ? -EFBIG : 0;
}

int check_write(
    spec::WriteChecks<std::uint64_t>& checks, IovIter& iter, Caller& caller,
    spec::Recorder* recorder) {
  checks.count = iter.left();
  const std::uint64_t signals = caller.fsize_signals;
  generic_write_checks(checks);
  if (checks.signal != 0) ++caller.fsize_signals;
  if (checks.error == 0) {
    iter.truncate(checks.count_after);
    checks.count_after = iter.left();
  }
  checks.signal = caller.fsize_signals - signals;
  if (recorder != nullptr) recorder->step(checks);
  return static_cast<int>(checks.error);
}

}  // namespace quire::ref::vfs
