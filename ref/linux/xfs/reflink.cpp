#include "ref/linux/xfs/reflink.h"

#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/mapping_of.h"
#include "ref/linux/xfs/quota.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;
using TransactionLock = NotedLock<spec::Transaction>;

/// Shares the blocks of `from` at [start, start + count), one extent or a hole, with block `at` of
/// `to`. One transaction. -EDQUOT: nothing has changed.
int share_run(Inode& from, Number start, Number count, Inode& to, Number at) {
  const TransactionLock transaction(to.recorder, 0);
  const NotedLockOfTwo<spec::BlockMapLock> ilocks(to.recorder, from.number, to.number);
  const Extent* const found = from.data.at_or_after(start);
  const bool is_written =
      found != nullptr && found->covers(start) && found->state == ExtentState::written;
  if (!is_written) {
    unmap(to, Fork::data, at, count);
    return 0;
  }
  Extent shared = trimmed(*found, start, start + count);
  if (const int error = reserve_quota(to, count); error != 0) return error;
  {
    const NotedLock<spec::AgfLock> lock(to.recorder, 0);
    to.mount.space.share({shared.device_block, shared.count});
  }
  unmap(to, Fork::data, at, count);
  use_quota(to, count);
  to.real_blocks += count;
  shared.start = at;
  to.data.insert(shared);
  return 0;
}

/// The length of the extent or hole of `from` at `start`, up to `end`.
Number run_length(const Inode& from, Number start, Number end) {
  const Extent* const found = from.data.at_or_after(start);
  if (found == nullptr) return end - start;
  return std::min(end, found->covers(start) ? found->end() : found->start) - start;
}

}  // namespace

bool trim_around_shared(const Inode& inode, const Extent& extent, std::uint64_t& count) {
  if (inode.mount.options.always_cow && extent.is_real()) return true;
  if (extent.state != ExtentState::written) return false;
  const Space& space = inode.mount.space;
  const bool is_shared = 1 < space.owners(extent.device_block);
  Number same = 1;
  while (same < extent.count && (1 < space.owners(extent.device_block + same)) == is_shared) ++same;
  count = same;
  return is_shared;
}

int share_range(
    Inode& from, std::uint64_t from_pos, Inode& to, std::uint64_t to_pos, std::uint64_t length) {
  if (from.mount.is_shut_down) return -EIO;
  const Mount& mount = from.mount;
  from.attach_dquots();
  to.attach_dquots();
  from.is_reflink = true;
  to.is_reflink = true;
  const Number start = mount.block_of(from_pos);
  const Number end = mount.block_from(from_pos + length);
  const Number to_start = mount.block_of(to_pos);
  cancel_cow(to, to_start, end - start);
  for (Number at = start; at < end;) {
    const Number count = run_length(from, at, end);
    const int error = share_run(from, at, count, to, to_start + (at - start));
    if (error != 0) return error;
    at += count;
    const Number done = std::min(to_pos + mount.bytes(at - start), to_pos + length);
    const TransactionLock transaction(to.recorder, 0);
    const Ilock lock(to.recorder, to.number);
    to.size = std::max(to.size, done);
    to.disk_size = std::max(to.disk_size, done);
  }
  return 0;
}

void end_cow(Inode& inode, std::uint64_t start, std::uint64_t count) {
  const Number end = start + count;
  for (Number at = start; at < end;) {
    const TransactionLock transaction(inode.recorder, 0);
    const Ilock lock(inode.recorder, inode.number);
    const Extent* const found = inode.cow.at_or_after(at);
    if (found == nullptr || end <= found->start) return;
    Extent part = trimmed(*found, at, end);
    at = part.end();
    if (part.is_delayed()) continue;
    unmap(inode, Fork::data, part.start, part.count);
    inode.cow.remove(part.start, part.count, Shortage::share);
    part.state = ExtentState::written;
    inode.data.insert(part);
    inode.delayed_blocks -= part.count;
    inode.real_blocks += part.count;
    use_quota(inode, part.count);
  }
}

void cancel_cow(Inode& inode, std::uint64_t start, std::uint64_t count) {
  const TransactionLock transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  unmap(inode, Fork::cow, start, count);
}

}  // namespace quire::ref::xfs
