#include "ref/linux/xfs/writeback_ops.h"

#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/mapping_of.h"
#include "ref/linux/xfs/reflink.h"
#include "spec/linux/xfs/begin.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <limits>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;
constexpr Number kNone = std::numeric_limits<Number>::max();

/// The space behind a dirty block.
struct Backing {
  Fork fork = Fork::data;
  Extent extent;       ///< without a block: a hole
  Number end = kNone;  ///< where the next extent of the CoW fork starts, blocks
  bool is_hole = false;
};

/// The CoW fork goes first; an extent of the data fork ends where the next one of the CoW fork
/// starts.
Backing find_backing(const Inode& inode, Number block) {
  Backing backing;
  const Extent* const copy = inode.cow.at_or_after(block);
  if (copy != nullptr && copy->covers(block)) {
    backing.fork = Fork::cow;
    backing.extent = *copy;
    return backing;
  }
  if (copy != nullptr) backing.end = copy->start;
  const Extent* const found = inode.data.at_or_after(block);
  backing.is_hole = found == nullptr || !found->covers(block);
  if (!backing.is_hole) backing.extent = *found;
  if (backing.is_hole && found != nullptr) backing.end = std::min(backing.end, found->start);
  return backing;
}

/// The blocks of a run that are not written in the data fork.
Number unready_blocks(const Inode& inode, Number start, Number end) {
  Number unready = end - start;
  for (const auto& [at, extent] : inode.data.extents()) {
    if (extent.state != ExtentState::written || extent.end() <= start || end <= at) continue;
    unready -= std::min(end, extent.end()) - std::max(start, at);
  }
  return unready;
}

/// The blocks of a fork in [start, end); of delayed extents only, or of all.
Number blocks_in(const ExtentList& fork, Number start, Number end, bool only_delayed) {
  Number blocks = 0;
  for (const auto& [at, extent] : fork.extents()) {
    if (extent.end() <= start || end <= at || (only_delayed && extent.is_real())) continue;
    blocks += std::min(end, extent.end()) - std::max(start, at);
  }
  return blocks;
}

/// Marks the unwritten blocks of [start, end) as written.
void finish_unwritten(Inode& inode, Number start, Number end) {
  const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  for (Number at = start; at < end;) {
    const Extent* const found = inode.data.at_or_after(at);
    if (found == nullptr || end <= found->start) return;
    const Extent part = trimmed(*found, at, end);
    at = part.end();
    if (part.state == ExtentState::unwritten) inode.data.mark_written(part.start, part.count);
  }
}

/// The size on disk follows data that has arrived in bytes [pos, end), and never passes the size in
/// core. Returns how many blocks of [pos, end) are not written, and so are exposed.
Number grow_disk_size(Inode& inode, Number pos, Number end) {
  const Number reached = std::min(end, inode.size);
  if (reached <= inode.disk_size) return 0;
  const NotedLock<spec::Transaction> transaction(inode.recorder, 0);
  const Ilock lock(inode.recorder, inode.number);
  inode.disk_size = reached;
  return unready_blocks(inode, inode.mount.block_of(pos), inode.mount.block_from(end));
}

}  // namespace

int WritebackOps::map_block(std::uint64_t pos, iomap::Mapping& mapping) {
  const Mount& mount = inode_.mount;
  if (mount.is_shut_down) return -EIO;
  const Number block = mount.block_of(pos);
  while (true) {
    Backing backing;
    {
      const Ilock lock(inode_.recorder, inode_.number);
      backing = find_backing(inode_, block);
      if (backing.is_hole) {
        const Number most = mount.block_from(spec::kFileSizeMax);
        mapping = hole_of(inode_, block, std::min(backing.end, most));
        return 0;
      }
      if (backing.extent.is_real()) {
        const Extent part = trimmed(backing.extent, backing.extent.start, backing.end);
        mapping = mapping_of(inode_, part, backing.fork == Fork::cow);
        return 0;
      }
    }
    // The next round maps it; it may be gone meanwhile.
    const auto converted = convert_delayed(inode_, backing.fork, block);
    if (!converted && converted.error() != -EAGAIN) return converted.error();
  }
}

int WritebackOps::complete(const iomap::Ioend& run) {
  const Mount& mount = inode_.mount;
  const Number start = mount.block_of(run.pos);
  const Number end = mount.block_from(run.pos + run.length);
  const Number disk_size_before = inode_.disk_size;
  int error = run.error != 0 ? run.error : mount.is_shut_down ? -EIO : 0;
  Number unready = 0;
  if (error != 0) {
    // The data is lost: release its space, in both forks.
    if (run.mapping.is_shared) {
      cancel_cow(inode_, start, end - start);
      punch_delayed(inode_, Fork::data, mount.bytes(start), mount.bytes(end));
    }
  } else {
    // Extents first: a size on disk that runs ahead would show the device's former contents
    // (CRASH-1).
    if (run.mapping.is_shared) {
      end_cow(inode_, start, end - start);
    } else if (run.mapping.kind == iomap::Kind::unwritten) {
      finish_unwritten(inode_, start, end);
    }
    unready = grow_disk_size(inode_, run.pos, run.pos + run.length);
  }
  inode_.recorder->step(spec::Completion<Number>{
      .pos = run.pos,
      .length = run.length,
      .device_error = run.error == 0 ? 0 : spec::error(-run.error),
      .error = error == 0 ? 0 : spec::error(-error),
      .is_shared = run.mapping.is_shared,
      .unready_blocks = unready,
      .cow_left = blocks_in(inode_.cow, start, end, false),
      .delayed_left = blocks_in(inode_.data, start, end, true),
      .file_size = inode_.size,
      .disk_size_before = disk_size_before,
      .disk_size_after = inode_.disk_size,
  });
  return error;
}

}  // namespace quire::ref::xfs
