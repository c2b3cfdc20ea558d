#include "ref/linux/xfs/allocate.h"

#include "ref/linux/xfs/quota.h"
#include "ref/require.h"

#include <algorithm>

namespace quire::ref::xfs {
namespace {

Run allocate_run(Inode& inode, std::uint64_t most, std::uint64_t goal) {
  const NotedLock<spec::AgfLock> lock(inode.recorder, 0);
  return inode.mount.space.allocate(std::min(most, inode.mount.options.run_max), goal);
}

}  // namespace

int allocate_unwritten(Inode& inode, const Extent& range, std::uint64_t block, Extent& allocated) {
  require(range.covers(block), "a block is allocated outside its range");
  if (const int error = reserve_blocks(inode, range.count, 0); error != 0) return error;
  std::uint64_t at = range.start;
  std::uint64_t goal = inode.mount.space.blocks();  // none yet
  while (at <= block) {
    const Run run = allocate_run(inode, range.end() - at, goal);
    allocated = Extent{};
    allocated.start = at;
    allocated.count = run.count;
    allocated.state = ExtentState::unwritten;
    allocated.device_block = run.device_block;
    inode.data.insert(allocated);
    inode.real_blocks += run.count;
    use_quota(inode, run.count);
    at += run.count;
    goal = run.device_block + run.count;
  }
  unreserve_quota(inode, range.end() - at);
  const NotedLock<spec::SpaceLock> lock(inode.recorder, 0);
  inode.mount.space.unreserve(range.end() - at);
  return 0;
}

}  // namespace quire::ref::xfs
