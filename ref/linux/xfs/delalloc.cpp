#include "ref/linux/xfs/delalloc.h"

#include "ref/linux/xfs/quota.h"
#include "ref/linux/xfs/record_change.h"
#include "ref/require.h"
#include "spec/geometry.h"
#include "spec/linux/space.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;
constexpr Number kNone = std::numeric_limits<Number>::max();

/// The hole that a reservation must stay in.
struct Gap {
  Number start;
  Number end;  ///< kNone: to the end of the largest file
};

/// The request, cut to the gap and the longest extent. Its prealloc becomes what is left of it.
Extent cut_to(const Gap& gap, DelayedRequest& request) {
  Extent range;
  range.start = request.start;
  range.count =
      std::min({request.count + request.prealloc, spec::kExtentMax, gap.end - request.start});
  request.prealloc = range.count < request.count ? 0 : range.count - request.count;
  return range;
}

/// Widened to multiples of `hint` blocks as far as the gap and the largest file allow, so that the
/// copies of a shared file are not scattered.
Extent widen(const Extent& range, const Gap& gap, Number hint, Number blocks_max) {
  const Number start = std::max(range.start / hint * hint, gap.start);
  const Number end = std::min({(range.end() + hint - 1) / hint * hint, gap.end, blocks_max});
  Extent wide = range;
  if (spec::kExtentMax < end - start) return wide;
  wide.start = start;
  wide.count = end - start;
  return wide;
}

/// Reserves the blocks and their index, or nothing.
int reserve_with_index(Inode& inode, Extent& range) {
  range.index_blocks = worst_index_blocks(inode.mount.options.index, range.count);
  return reserve_blocks(inode, range.count, range.index_blocks);
}

/// Inserts the reserved extent into the fork.
void insert(Inode& inode, Fork fork, const Extent& range) {
  inode.delayed_blocks += range.count;
  ExtentList& list = inode.fork(fork);
  ChangeRecord change(inode, list);
  change.adds(range.count, range.index_blocks);
  const Number freed = list.insert(range);
  change.frees(freed);
  const NotedLock<spec::SpaceLock> lock(inode.recorder, 0);
  inode.mount.space.unreserve(freed);
}

/// The tag that block gc scans for: the fork has more blocks than were requested.
bool& surplus_of(Inode& inode, Fork fork) {
  return fork == Fork::data ? inode.has_surplus_tail : inode.has_surplus_cow;
}

void tag_surplus(Inode& inode, const DelayedRequest& asked, const Extent& range) {
  const bool surplus = range.start < asked.start || asked.start + asked.count < range.end();
  if (surplus) surplus_of(inode, asked.fork) = true;
}

using Reserved = std::array<Number, kQuotaTypes>;

Reserved reserved_in_quota(const Inode& inode) {
  Reserved counts{};
  for (std::size_t i = 0; i < kQuotaTypes; ++i) counts[i] = inode.dquots[i]->reserved();
  return counts;
}

Number room_in_quota(const Inode& inode) {
  Number room = kNone;
  for (const Dquot* dquot : inode.dquots) {
    if (inode.mount.quotas.enforces(dquot->type())) room = std::min(room, dquot->room());
  }
  return room;
}

}  // namespace

int reserve_delayed(Inode& inode, const DelayedRequest& request, Extent& reserved) {
  const Mount& mount = inode.mount;
  ExtentList& list = inode.fork(request.fork);
  const Extent* const previous = list.before(request.start);
  const Extent* const next = list.at_or_after(request.start);
  require(
      next == nullptr || request.start < next->start, "blocks are reserved that are not a hole");
  const Gap gap{previous == nullptr ? 0 : previous->end(), next == nullptr ? kNone : next->start};
  const Number free_before = mount.space.free();
  const Number room_before = room_in_quota(inode);
  const Reserved quota_before = reserved_in_quota(inode);

  DelayedRequest attempt = request;
  reserved = cut_to(gap, attempt);
  bool takes_hint = request.fork == Fork::cow && attempt.prealloc == 0;
  if (takes_hint) {
    reserved = widen(reserved, gap, inode.cow_hint(), mount.block_from(spec::kFileSizeMax));
  }
  int error = reserve_with_index(inode, reserved);
  if (error != 0 && (attempt.prealloc != 0 || takes_hint)) {
    // Retry with what the write itself needs (PRE-3).
    attempt = request;
    attempt.prealloc = 0;
    reserved = cut_to(gap, attempt);
    error = reserve_with_index(inode, reserved);
  }
  std::uint64_t returned = 0;
  if (error == 0) {
    const Number free_paid = mount.space.free();
    insert(inode, request.fork, reserved);
    returned = mount.space.free() - free_paid;  // by neighbours that were joined
    tag_surplus(inode, request, reserved);
  }

  Reserved taken = reserved_in_quota(inode);
  for (std::size_t i = 0; i < kQuotaTypes; ++i) taken[i] -= quota_before[i];
  const Number need = std::min({request.count, spec::kExtentMax, gap.end - request.start});
  inode.recorder->step(spec::Reservation<Number>{
      .asked_from = request.start,
      .asked_count = request.count,
      .prealloc = request.prealloc,
      .previous_end = gap.start,
      .next_start = gap.end,
      .error = error == 0 ? 0 : spec::error(-error),
      .from = reserved.start,
      .count = reserved.count,
      .index_blocks = reserved.index_blocks,
      .tagged = surplus_of(inode, request.fork),
      .free_before = free_before,
      .free_after = mount.space.free() - returned,
      .has_quota = inode.has_dquots(),
      .quota_room = room_before,
      .quota_least = std::ranges::min(taken),
      .quota_most = std::ranges::max(taken),
      .need = need,
      .need_index = worst_index_blocks(mount.options.index, need),
  });
  return error;
}

}  // namespace quire::ref::xfs
