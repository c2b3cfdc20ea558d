// Bringing a file of XFS to the device.
#pragma once

#include "ref/linux/xfs/node.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Writes back what is dirty of bytes [from, last] and flushes the device. Returns 0 or an error of
/// writeback that the descriptor was not told yet (ES-1); then the flush's. data_only changes
/// nothing here: there is no log that could be forced. Takes no IOLOCK (SYN-2, LK-6).
int fsync(Node& node, ErrorCursor& cursor, std::uint64_t from, std::uint64_t last, bool data_only);

}  // namespace quire::ref::xfs
