// Setting a file's size: xfs_setattr_size().
#pragma once

#include "ref/linux/xfs/node.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Makes the file `size` bytes long; what it gains reads as zero, and what it loses is gone from
/// cache and device. Returns 0 or a negative errno: ENOSPC, EDQUOT, ENOMEM or the device's where an
/// edge had to be zeroed, and then the size is as it was; or the device's, of writing back the
/// bytes below the new size, and then only the size on disk is. Requires the file's IOLOCK and its
/// invalidate lock, and a size that passed the limits (CHK-3).
int set_size(Node& node, std::uint64_t size);

}  // namespace quire::ref::xfs
