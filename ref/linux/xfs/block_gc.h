// Collecting unused space: preallocation past the size, CoW blocks that no writeback will use.
#pragma once

#include "ref/linux/xfs/dquot.h"
#include "ref/linux/xfs/inode.h"
#include "ref/linux/xfs/mount.h"

#include <array>
#include <vector>

namespace quire::ref::xfs {

/// The files of a scan.
struct GcFilter {
  /// A file of one of these records; empty: every file.
  std::vector<const Dquot*> dquots{};
};

/// Scans the tagged files for a writer that waits for their space. Must be called with no file
/// locked, nor anything below (XFB-8): it takes the IOLOCK, and for the CoW fork the invalidate
/// lock, of one file at a time.
void collect_blocks(Mount& mount, const GcFilter& filter);

/// collect_blocks() for the enforced quota records of the file that have less than a hundredth of
/// their limit left (XFB-5). Returns whether there was one.
bool collect_quota(Inode& inode);

}  // namespace quire::ref::xfs
