#include "ref/linux/xfs/block_gc.h"

#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/reflink.h"
#include "spec/linux/xfs/begin.h"

#include <algorithm>
#include <limits>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

bool is_dirty(const Inode& inode) { return inode.pages.dirty_pages() != 0; }

bool matches(const Inode& inode, const GcFilter& filter) {
  if (filter.dquots.empty()) return true;
  return std::ranges::any_of(filter.dquots, [&](const Dquot* wanted) {
    return std::ranges::find(inode.dquots, wanted) != inode.dquots.end();
  });
}

Number blocks_below(const Inode& inode, Number end) {
  Number blocks = 0;
  for (const auto& [start, extent] : inode.data.extents()) {
    if (start < end) blocks += std::min(end, extent.end()) - start;
  }
  return blocks;
}

Number all_blocks(const ExtentList& fork) { return fork.delayed_blocks() + fork.real_blocks(); }

/// Preallocation past the size.
void collect_tail(Inode& inode) {
  if (!inode.has_surplus_tail || inode.keeps_prealloc) return;
  const NotedLock<spec::Iolock> lock(inode.recorder, inode.number);
  const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
  const Ilock map_lock(inode.recorder, inode.number);
  const Number start = inode.mount.block_from(inode.size);
  unmap(inode, Fork::data, start, std::numeric_limits<Number>::max() - start);
  inode.has_surplus_tail = false;
}

/// Blocks of the CoW fork that no writeback will use: the file is clean.
void collect_cow(Inode& inode) {
  if (!inode.has_surplus_cow || is_dirty(inode)) return;
  const NotedLock<spec::Iolock> lock(inode.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> cache_lock(inode.recorder, inode.number);
  cancel_cow(inode, 0, std::numeric_limits<Number>::max());
  inode.has_surplus_cow = false;
}

void collect_file(Inode& inode) {
  spec::BlockGcFile<Number> file{};
  const Number size_end = inode.mount.block_from(inode.size);
  file.size_before = inode.size;
  file.below_before = blocks_below(inode, size_end);
  file.dirty = is_dirty(inode);
  file.cow_before = all_blocks(inode.cow);
  collect_tail(inode);
  collect_cow(inode);
  file.size_after = inode.size;
  file.below_after = blocks_below(inode, size_end);
  file.cow_after = all_blocks(inode.cow);
  inode.recorder->step(file);
}

}  // namespace

void collect_blocks(Mount& mount, const GcFilter& filter) {
  mount.recorder.step(spec::BlockGcScan<Number>{mount.recorder.held()});
  for (const auto& [number, inode] : mount.files) {
    if (matches(*inode, filter)) collect_file(*inode);
  }
}

bool collect_quota(Inode& inode) {
  inode.attach_dquots();
  GcFilter filter;
  for (const Dquot* dquot : inode.dquots) {
    const bool enforced = inode.mount.quotas.enforces(dquot->type());
    if (enforced && dquot->is_nearly_full()) filter.dquots.push_back(dquot);
  }
  if (filter.dquots.empty()) return false;
  collect_blocks(inode.mount, filter);
  return true;
}

}  // namespace quire::ref::xfs
