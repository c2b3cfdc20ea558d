#include "ref/linux/xfs/bmap.h"

#include "ref/linux/xfs/quota.h"
#include "ref/linux/xfs/record_change.h"
#include "spec/linux/xfs/begin.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

namespace quire::ref::xfs {
namespace {

using TransactionLock = NotedLock<spec::Transaction>;

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

/// Releases one extent that was removed from a fork. Quota counts the blocks of the CoW fork as
/// reserved, even those that are allocated.
void release_extent(Inode& inode, Fork fork, const Extent& extent) {
  if (extent.is_real()) {
    const NotedLock<spec::AgfLock> lock(inode.recorder, 0);
    inode.mount.space.release({extent.device_block, extent.count});
  }
  if (fork == Fork::data && extent.is_real()) {
    inode.real_blocks -= extent.count;
    release_quota(inode, extent.count);
  } else {
    inode.delayed_blocks -= extent.count;
    unreserve_quota(inode, extent.count);
  }
}

/// One transaction: allocates a run for the delayed extent `whole`, or for its first part. whole: a
/// copy, since the list changes before the step is reported.
void convert_run(Inode& inode, Fork fork, const Extent whole) {
  Mount& mount = inode.mount;
  ExtentList& list = inode.fork(fork);
  const Extent* const previous = list.before(whole.start);
  const std::uint64_t goal =
      previous != nullptr && previous->is_real() ? previous->device_block + previous->count : kEnd;
  Run run;
  {
    const NotedLock<spec::AgfLock> lock(inode.recorder, 0);
    run = mount.space.allocate(std::min(whole.count, mount.options.run_max), goal);
  }
  {
    ChangeRecord change(inode, list);
    const Removed removed = list.remove(whole.start, run.count, Shortage::share);
    Extent real = removed.extents.front();
    real.state = ExtentState::unwritten;
    real.device_block = run.device_block;
    list.insert(real);
    change.frees(removed.index_blocks);
    const NotedLock<spec::SpaceLock> lock(inode.recorder, 0);
    mount.space.unreserve(removed.index_blocks);
  }
  if (fork == Fork::data) {
    inode.delayed_blocks -= run.count;
    inode.real_blocks += run.count;
    use_quota(inode, run.count);
  }
  inode.recorder->step(spec::DelayedConversion<std::uint64_t>{
      .delayed_from = whole.start,
      .delayed_count = whole.count,
      .from = whole.start,
      .count = run.count,
      .unwritten = list.at_or_after(whole.start)->state == ExtentState::unwritten,
      .held = mount.recorder.held(),
  });
}

}  // namespace

void unmap(Inode& inode, Fork fork, std::uint64_t start, std::uint64_t count) {
  ExtentList& list = inode.fork(fork);
  ChangeRecord change(inode, list);
  const Removed removed = list.remove(start, count, Shortage::take_over);
  std::uint64_t delayed = 0;
  for (const Extent& extent : removed.extents) {
    release_extent(inode, fork, extent);
    if (extent.is_delayed()) delayed += extent.count;
  }
  const std::uint64_t freed = delayed + removed.index_blocks - removed.taken_over;
  change.frees(freed);
  const NotedLock<spec::SpaceLock> lock(inode.recorder, 0);
  inode.mount.space.unreserve(freed);
}

void punch_delayed(Inode& inode, Fork fork, std::uint64_t pos, std::uint64_t end) {
  const Ilock lock(inode.recorder, inode.number);
  const std::uint64_t start = inode.mount.block_of(pos);
  const std::uint64_t last = inode.mount.block_from(end);
  std::uint64_t at = start;
  while (at < last) {
    const Extent* const found = inode.fork(fork).at_or_after(at);
    if (found == nullptr || last <= found->start) return;
    const Extent extent = *found;
    at = std::min(last, extent.end());
    const std::uint64_t from = std::max(start, extent.start);
    if (extent.is_delayed()) unmap(inode, fork, from, at - from);
  }
}

std::expected<Extent, int> convert_delayed(Inode& inode, Fork fork, std::uint64_t block) {
  while (true) {
    const TransactionLock transaction(inode.recorder, 0);
    const Ilock lock(inode.recorder, inode.number);
    const Extent* const found = inode.fork(fork).at_or_after(block);
    if (found == nullptr || !found->covers(block)) return std::unexpected(-EAGAIN);
    if (found->is_real()) return *found;
    convert_run(inode, fork, *found);
  }
}

void free_blocks_past(Inode& inode, std::uint64_t size) {
  const TransactionLock transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  const std::uint64_t start = inode.mount.block_from(size);
  unmap(inode, Fork::cow, start, kEnd - start);
  unmap(inode, Fork::data, start, kEnd - start);
}

}  // namespace quire::ref::xfs
