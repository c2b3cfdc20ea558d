#include "ref/linux/xfs/prealloc.h"

#include "spec/geometry.h"
#include "spec/linux/prealloc.h"

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

/// Length of the run of real extents, contiguous in the file and on the device, that `last` ends.
/// Stops when it is long enough.
Number run_before(const ExtentList& fork, const Extent& last) {
  Number length = last.count;
  Extent first = last;
  while (first.is_real() && length <= spec::kExtentMax / 2) {
    const Extent* const earlier = fork.before(first.start);
    if (earlier == nullptr || earlier->is_delayed() || earlier->end() != first.start ||
        earlier->device_block + earlier->count != first.device_block) {
      break;
    }
    length += earlier->count;
    first = *earlier;
  }
  return length;
}

/// The part of `want` blocks that the file's quota records together allow.
spec::QuotaThrottle<Number> throttle(const Inode& inode, Number want, Number free) {
  spec::QuotaThrottle<Number> so_far{want, 0, free};
  for (const Dquot* dquot : inode.dquots) {
    const bool enforced = inode.mount.quotas.enforces(dquot->type());
    so_far = spec::quota_throttle(dquot->space(enforced), want, so_far);
  }
  return so_far;
}

}  // namespace

std::uint64_t preallocation(
    Inode& inode, Fork fork, std::uint64_t pos, std::uint64_t count, bool at_end) {
  if (!at_end || pos + count <= inode.size) return 0;
  const Mount& mount = inode.mount;
  const Number offset = mount.block_of(pos);
  const Extent* const last = inode.fork(fork).before(offset);
  const Number base = last == nullptr ? 0 : run_before(inode.fork(fork), *last);
  const Number want = spec::prealloc_want(base, mount.block_from(pos));
  const spec::PreallocFacts<Number> facts{
      .fixed = mount.options.allocsize != 0,
      .block_shift = mount.block_shift,
      .file_size = inode.size,
      .file_size_max = spec::kFileSizeMax,
      .allocsize = mount.allocsize(),
      .stripe = mount.options.stripe >> mount.block_shift,
      .has_previous = last != nullptr,
      .hole_before = last != nullptr && last->end() < offset,
      .base = base,
      .pos = pos,
      .count = count,
      .free = mount.space.free(),
      .low_space = mount.low_space(),
      .quota = throttle(inode, want, mount.space.free()),
  };
  const Number size = spec::prealloc_size(facts);
  const Number blocks = spec::prealloc_end(facts, size) - spec::requested_end(facts);
  inode.recorder->step(spec::Prealloc<Number>{facts, at_end, size, blocks});
  return blocks;
}

}  // namespace quire::ref::xfs
