// XFS's answers to iomap's writeback: the mapping of each dirty block, and the completion of a run.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Of one file.
class WritebackOps final : public iomap::WritebackOps {
 public:
  explicit WritebackOps(Inode& inode) : inode_(inode) {}

  /// The CoW fork wins over the data fork. A delayed extent is allocated from its start on, in as
  /// many transactions as it takes to cover the block. EIO: shut down.
  int map_block(std::uint64_t pos, iomap::Mapping& mapping) override;

  /// 5.4: extents, then the size on disk. After an error of a shared run, its blocks in the CoW
  /// fork and the delayed ones under it are released.
  int complete(const iomap::Ioend& run) override;

 private:
  Inode& inode_;
};

}  // namespace quire::ref::xfs
