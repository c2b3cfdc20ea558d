// Making a range of one file read as a range of another does.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>

namespace quire::ref {

/// The source and the target of a clone. Bytes; length 0 means all up to the source's end.
struct CloneRange {
  std::uint64_t from;
  std::uint64_t length;
  std::uint64_t to;
};

/// Makes [to, to + length) of `target` read as [from, from + length) of `source` does; holes become
/// holes. The target grows if the range ends past its end. A copy: no space is shared.
///
/// Returns 0, or a negative errno, after which nothing has changed unless the device failed:
///   0 where length is 0 and `from` is the source's size: there is nothing to clone
///   EINVAL  the range reaches past the source's end; `from` or `to` is not at a block; the length
///           is neither whole blocks nor up to the source's end; a length that is not whole blocks
///           ends before the target's end; both ranges are of one file and overlap
///   EFBIG   `to` lies at the caller's limit or past it (RLIMIT_FSIZE)
///   EINVAL  only a part of the range lies below the limit
///   ENOSPC  too few blocks are free for all that is data in the range
///   ENOMEM, or the device's error
/// Requires that both ranges end at or below kFileSizeMax, and the IOLOCK and the invalidate
/// lock of both files.
int clone_range(Inode& source, Inode& target, CloneRange range);

}  // namespace quire::ref
