// Writing a file of XFS to stable storage.
#pragma once

#include "ref/linux/xfs/node.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Writes back bytes [from, last] and flushes the device. Returns 0, the error of this writeback,
/// one that was recorded since the descriptor last looked (ES-1), or the flush's. There is no log
/// to force, so that fdatasync does the same. Takes no IOLOCK (SYN-2, LK-6).
int fsync(Node& node, ErrorCursor& cursor, std::uint64_t from, std::uint64_t last);

}  // namespace quire::ref::xfs
