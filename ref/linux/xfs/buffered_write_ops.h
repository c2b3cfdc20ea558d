// XFS's answers to iomap about a range that is to be written, zeroed or unshared.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Of one file. begin() reserves space, writeback allocates it.
class BufferedWriteOps final : public iomap::Ops {
 public:
  explicit BufferedWriteOps(Inode& inode) : inode_(inode) {}

  /// 5.1. EIO: shut down. EAGAIN: nowait, and the extents are not in memory. ENOSPC, EDQUOT: no
  /// room for the write itself, even without preallocation; nothing has changed then.
  int begin(
      std::uint64_t pos, std::uint64_t length, const iomap::Request& request,
      iomap::Mapping& mapping, iomap::Mapping& source) override;

  /// Releases the delayed blocks that begin reserved and no dirty block uses (3.5).
  int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const iomap::Request& request,
      const iomap::Mapping& mapping) override;

  bool valid(const iomap::Mapping& mapping) override;

 private:
  Inode& inode_;
};

}  // namespace quire::ref::xfs
