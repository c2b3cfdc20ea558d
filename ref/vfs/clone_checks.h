// The checks of a clone before any space is shared or copied: generic_remap_checks().
#pragma once

#include "ref/vfs/caller.h"

#include <cstdint>

namespace quire::ref::vfs {

/// The arguments, and the two files. Bytes.
struct CloneChecks {
  std::uint64_t from;
  std::uint64_t to;
  std::uint64_t length;  ///< 0: all up to the source's end; the check fills it in
  std::uint64_t source_size;
  std::uint64_t target_size;
  std::uint64_t block_size;
  std::uint64_t size_max;  ///< of the file system
  bool same_file;
};

/// Returns 0 or a negative errno, in this order; a length that is 0 then means that there is
/// nothing to clone:
///
/// - EINVAL: length is 0 and `from` lies past the source's end.
/// - EINVAL: `from` or `to` is not at a block; `from` lies at the source's end or past it.
/// - EFBIG: `to` lies at a limit of the caller or past it.
/// - EINVAL: only a part of the range lies below the source's end, or below the limit.
/// - EINVAL: the length is neither whole blocks nor up to the source's end.
/// - EINVAL: a length that is not whole blocks ends before the target's end.
/// - EINVAL: both ranges are of one file and overlap.
int check_clone(CloneChecks& c, Caller& caller);

}  // namespace quire::ref::vfs
