// Changing the space of a file without writing bytes: fallocate(2).
#pragma once

#include "ref/linux/xfs/node.h"
#include "ref/vfs/caller.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Changes the bytes [pos, pos + length) of the file. mode: FALLOC_FL_KEEP_SIZE with one of nothing
/// (allocate), FALLOC_FL_PUNCH_HOLE (which needs it), FALLOC_FL_ZERO_RANGE,
/// FALLOC_FL_UNSHARE_RANGE; or alone, FALLOC_FL_COLLAPSE_RANGE or FALLOC_FL_INSERT_RANGE.
///
/// Returns 0 or a negative errno, in this order:
///   EINVAL      pos < 0 or length <= 0
///   EOPNOTSUPP  any other mode
///   ETXTBSY     the file backs swap
///   EFBIG       it would end past the largest file, or a limit of the caller (CHK-3)
///   EINVAL      collapse, insert: not multiples of a block, or at or past the size
///   ENOSPC, EDQUOT, ENOMEM, the device's; then part of it may be done
/// Takes the file's IOLOCK and its invalidate lock.
int fallocate(Node& node, vfs::Caller& caller, int mode, std::int64_t pos, std::int64_t length);

}  // namespace quire::ref::xfs
