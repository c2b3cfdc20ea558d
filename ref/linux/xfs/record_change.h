// The record of one change of a fork's delayed extents.
#pragma once

#include "ref/linux/xfs/inode.h"
#include "ref/require.h"
#include "spec/linux/space.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Constructed before the change; reports when it goes out of scope, after it. Blocks. Requires the
/// file's ILOCK.
class ChangeRecord {
 public:
  ChangeRecord(const Inode& inode, const ExtentList& list) : inode_(inode), list_(list) {
    const bool is_locked = inode.mount.recorder.holds<spec::BlockMapLock>();
    require(is_locked, "extents change without the ILOCK");
    change_.blocks_before = list.delayed_blocks();
    change_.index_before = list.index_blocks();
  }
  ~ChangeRecord() {
    change_.blocks_after = list_.delayed_blocks();
    change_.index_after = list_.index_blocks();
    change_.index_worst = list_.worst_index();
    inode_.recorder->step(change_);
  }
  ChangeRecord(const ChangeRecord&) = delete;
  ChangeRecord& operator=(const ChangeRecord&) = delete;

  /// The change adds blocks that were reserved before it.
  void adds(std::uint64_t blocks, std::uint64_t index_blocks) {
    change_.blocks_before += blocks;
    change_.index_before += index_blocks;
  }

  /// The change returned blocks to the free counter.
  void frees(std::uint64_t blocks) { change_.given_back += blocks; }

 private:
  const Inode& inode_;
  const ExtentList& list_;
  spec::DelayedChange<std::uint64_t> change_{};
};

}  // namespace quire::ref::xfs
