// Writing a file of XFS to stable storage.
#include "ref/linux/xfs/fsync.h"

#include "ref/linux/iomap/writeback.h"
#include "ref/linux/xfs/writeback_ops.h"

namespace quire::ref::xfs {

int fsync(Node& node, ErrorCursor& cursor, std::uint64_t from, std::uint64_t last) {
  WritebackOps ops(node.inode);
  const int write_error = iomap::writepages(node.inode, ops, from, last + 1);
  const int recorded_error = node.errors.check_and_advance(cursor);
  if (write_error != 0) return write_error;
  if (recorded_error != 0) return recorded_error;
  return node.inode.mount.device.flush();
}

}  // namespace quire::ref::xfs
