// Bringing a file of XFS to the device.
#include "ref/linux/xfs/fsync.h"

#include "ref/linux/iomap/writeback.h"
#include "ref/linux/xfs/writeback_ops.h"

namespace quire::ref::xfs {

int fsync(
    Node& node, ErrorCursor& cursor, std::uint64_t from, std::uint64_t last, bool /*data_only*/) {
  WritebackOps ops(node.inode);
  const int met = iomap::writepages(node.inode, ops, from, last + 1);
  const int told = node.errors.check_and_advance(cursor);
  if (met != 0) return met;
  if (told != 0) return told;
  return node.inode.mount.device.flush();
}

}  // namespace quire::ref::xfs
