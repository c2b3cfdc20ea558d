// What XFS answers iomap's writeback: a place for each dirty block, and what completion changes.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Of one file.
class WritebackOps final : public iomap::WritebackOps {
 public:
  explicit WritebackOps(Inode& inode) : inode_(inode) {}

  /// The CoW fork wins over the data fork. A delayed extent gets its place whole, in as many
  /// transactions as it takes to cover the block. EIO: shut down.
  int map_block(std::uint64_t pos, iomap::Mapping& mapping) override;

  /// 5.4: extents, then the size on disk. After an error of a shared run, its blocks in the CoW
  /// fork and the delayed ones under it are given back.
  int complete(const iomap::Ioend& run) override;

 private:
  Inode& inode_;
};

}  // namespace quire::ref::xfs
