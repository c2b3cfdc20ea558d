#include "impl/space/indexed_allocator.h"

#include "impl/record.h"
#include "impl/space/free_buddies.h"
#include "impl/space/free_extents.h"
#include "spec/write/freed_extent.h"

#include <algorithm>
#include <new>

namespace quire::impl {

using Number = std::uint64_t;

template <class Index>
std::size_t IndexedAllocator<Index>::allocate(
    const AllocationRequest& request, std::span<Extent> extents) {
  Fit<Number> rest{
      std::min(request.want, counts_.reserved), request.goal, std::max(request.minimum, Number{1}),
      std::max(request.alignment, Number{1})};
  if (rest.want < rest.minimum) return 0;
  build_index();
  std::size_t n = 0;
  try {
    for (; n < extents.size() && rest.minimum <= rest.want; ++n) {
      const Range found = find(rest);
      if (found.start == found.end) break;
      grant(found);
      extents[n] = {found.start, found.end - found.start};
      rest.want -= extents[n].length;
      rest.goal = found.end;
    }
  } catch (...) {
    for (const Extent& granted : extents.first(n)) take_back({granted.start, granted.end()});
    throw;
  }
  for (const Extent& granted : extents.first(n)) counts_.reserved -= granted.length;
  return n;
}

template <class Index>
void IndexedAllocator<Index>::release(Extent extent) noexcept {
  const Range range = on_device(extent.start, extent.length, blocks_);
  Number cleared = 0;
  Number at = find_granted(range.start, range.end);
  while (at < range.end) {
    const Number end = find_ungranted(at, range.end);
    take_back({at, end});
    cleared += end - at;
    at = find_granted(end, range.end);
  }
  freed(counts_, cleared);
  record([&](auto& r) { r.step(spec::FreedExtent<Number>{extent.length, cleared}); });
}

template <class Index>
bool IndexedAllocator<Index>::mark_used(Extent extent) {
  const Range range = on_device(extent.start, extent.length, blocks_);
  const Number length = range.end - range.start;
  if (length != extent.length || length == 0 || length > counts_.free) return false;
  if (find_granted(range.start, range.end) != range.end) return false;
  build_index();
  grant(range);
  counts_.free -= length;
  return true;
}

template <class Index>
bool IndexedAllocator<Index>::resize(Number blocks) noexcept {
  if (blocks == 0 || blocks > kBlocksMax) return false;
  if (find_granted(blocks, blocks_) < blocks_) return false;
  if (blocks < blocks_ && counts_.free < blocks_ - blocks) return false;
  counts_.free = counts_.free - blocks_ + blocks;
  blocks_ = blocks;
  drop_index();
  return true;
}

template <class Index>
BlockRange<Number> IndexedAllocator<Index>::find(const Fit<Number>& fit) const noexcept {
  if (fit.goal < blocks_) {
    const Range at_goal{fit.goal, find_granted(fit.goal, blocks_)};
    const Range found = fitting_part(at_goal, fit.want, fit.minimum, fit.alignment);
    if (found.start != found.end) return found;
  }
  const Range found = index_.find(fit);
  const Number most = std::min(fit.want, blocks_ - found.start);
  return found.start == found.end
             ? found
             : Range{found.start, find_granted(found.start, found.start + most)};
}

/// Marks blocks that are not granted. Throws where memory runs out, and then nothing has changed.
template <class Index>
void IndexedAllocator<Index>::grant(Range range) {
  granted_.set(range);  // may throw
  if (index_.take(range)) return;
  granted_.clear(range);
  throw std::bad_alloc();
}

/// The same backwards.
template <class Index>
void IndexedAllocator<Index>::take_back(Range range) noexcept {
  granted_.clear(range);
  if (is_indexed_ && !index_.give(range)) drop_index();
}

/// Throws std::bad_alloc where memory runs out; then there is no index.
template <class Index>
void IndexedAllocator<Index>::build_index() {
  if (is_indexed_) return;
  Number at = find_ungranted(0, blocks_);
  while (at < blocks_) {
    const Number end = find_granted(at, blocks_);
    if (!index_.give({at, end})) {
      drop_index();
      throw std::bad_alloc();
    }
    at = find_ungranted(end, blocks_);
  }
  is_indexed_ = true;
}

template <class Index>
void IndexedAllocator<Index>::drop_index() noexcept {
  index_.clear();
  is_indexed_ = false;
}

template class IndexedAllocator<FreeExtents>;
template class IndexedAllocator<FreeBuddies>;

}  // namespace quire::impl
