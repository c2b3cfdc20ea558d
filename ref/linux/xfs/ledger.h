// The accounts of a mount, counted again.
#pragma once

#include "ref/linux/xfs/mount.h"

namespace quire::ref::xfs {

/// Reports the accounts of the volume, of each file and of each quota record (ACC-1). Between
/// operations only.
void record_ledger(Mount& mount);

}  // namespace quire::ref::xfs
