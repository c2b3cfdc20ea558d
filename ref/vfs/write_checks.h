// The checks of a write before any byte moves: generic_write_checks().
#pragma once

#include "ref/user_memory/iov_iter.h"
#include "ref/vfs/caller.h"
#include "spec/linux/file_checks.h"
#include "spec/recorder.h"
#include "spec/word.h"

#include <cerrno>
#include <cstdint>

namespace quire::ref::vfs {

/// Cuts the range [c.pos_after, c.pos_after + c.count_after) at every limit that holds (CHK-2).
///
/// Fills c.error: 0, or EFBIG where the range starts at or past a limit; the process's own limit
/// then also sends SIGXFSZ (c.signal).
template <spec::Word W>
void write_limits(spec::WriteChecks<W>& c) {
  using spec::ite;
  if (c.limits.has_fsize_limit != 0) {
    if (c.limits.fsize_limit <= c.pos_after) {
      c.signal = W{1};
      c.error = W{spec::error(EFBIG)};
      return;
    }
    c.count_after = spec::min(c.count_after, c.limits.fsize_limit - c.pos_after);
  }
  const W small{spec::kSmallFileSizeMax};
  const W size_max =
      ite(c.limits.large_file != 0, c.limits.size_max, spec::min(c.limits.size_max, small));
  if (size_max <= c.pos_after) {
    c.error = W{spec::error(EFBIG)};
    return;
  }
  c.count_after = spec::min(c.count_after, size_max - c.pos_after);
}

/// One pass over the checks, in the order of CHK-1. Reads the first half of the record and fills
/// the other: error, signal, pos_after, count_after.
///
///   ETXTBSY  the file backs swap
///   EINVAL   the call may not wait, and buffered writes of this file can only wait
///   EFBIG    the write starts at or past a limit
/// With no error and nothing to write, count_after is 0.
template <spec::Word W>
void generic_write_checks(spec::WriteChecks<W>& c) {
  c.error = W{0};
  c.signal = W{0};
  c.pos_after = c.pos;
  c.count_after = c.count;
  if (c.swapfile != 0) {
    c.error = W{spec::error(ETXTBSY)};
    return;
  }
  if (c.count == 0) return;
  if (c.append != 0) c.pos_after = c.size;
  if (c.nowait != 0) {
    if (c.nowait_support == 0) {
      c.error = W{spec::error(EINVAL)};
      return;
    }
  }
  write_limits(c);
}

/// The limits that hold for this caller. size_max: bytes, of the file system.
spec::WriteLimits<std::uint64_t> limits_of(const Caller& caller, std::uint64_t size_max);

/// The same for a call that moves no bytes of an iterator but may make the file longer, as
/// fallocate and clone do (CHK-3). Returns 0 or -EFBIG. end: the size that the file is about to
/// have, bytes.
int check_size_limits(
    Caller& caller, std::uint64_t size, std::uint64_t end, std::uint64_t size_max);

/// A write's checks on the file it is about to change: fills the record's second half, truncates
/// `iter` to what may be written and counts the signal for the caller. The caller fills in the
/// record's first half, except count. Returns 0 or a negative errno.
int check_write(
    spec::WriteChecks<std::uint64_t>& checks, IovIter& iter, Caller& caller,
    spec::Recorder* recorder);

}  // namespace quire::ref::vfs
