// The books of a mount, counted afresh.
#pragma once

#include "ref/linux/xfs/mount.h"

namespace quire::ref::xfs {

/// Tells the mount's recorder the books of the volume, of each file and of each quota record, to be
/// judged (ACC-1). Between operations only.
void record_ledger(Mount& mount);

}  // namespace quire::ref::xfs
