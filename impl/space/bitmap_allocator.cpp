#include "impl/space/bitmap_allocator.h"

#include "impl/record.h"
#include "spec/write/freed_extent.h"

namespace quire::impl {

using Number = std::uint64_t;

BitmapAllocator::BitmapAllocator(Number blocks, std::pmr::memory_resource& memory) noexcept
    : granted_(memory), blocks_(blocks), counts_{blocks, 0} {}

bool BitmapAllocator::reserve(Number n) noexcept { return impl::reserve(counts_, n); }

void BitmapAllocator::unreserve(Number n) noexcept { impl::unreserve(counts_, n); }

std::size_t BitmapAllocator::allocate(const AllocationRequest& request, std::span<Extent> extents) {
  const bool takes_any = request.minimum <= 1 && request.alignment <= 1;
  BlockCounts<Number> counts = counts_;
  AllocationRequest rest = request;
  std::size_t n = 0;
  try {
    for (; n < extents.size(); ++n) {
      const BlockRange<Number> found =
          takes_any
              ? impl::allocate(*this, counts, blocks_, rest.want, rest.goal)
              : impl::allocate_fitting<Number>(
                    *this, counts, blocks_, {rest.want, rest.goal, rest.minimum, rest.alignment});
      if (found.start == found.end) break;
      granted_.set(found);  // may throw
      extents[n] = {found.start, found.end - found.start};
      rest.want -= extents[n].length;
      rest.goal = found.end;
    }
  } catch (...) {
    for (const Extent& granted : extents.first(n)) granted_.clear({granted.start, granted.end()});
    throw;
  }
  counts_ = counts;
  return n;
}

bool BitmapAllocator::mark_used(Extent extent) {
  const BlockRange<Number> range = on_device(extent.start, extent.length, blocks_);
  const Number length = range.end - range.start;
  if (length != extent.length || length > counts_.free) return false;
  if (find_granted(range.start, range.end) != range.end) return false;
  granted_.set(range);  // may throw: before anything else changes
  counts_.free -= length;
  return true;
}

void BitmapAllocator::release(Extent extent) noexcept {
  const Number cleared = granted_.clear(on_device(extent.start, extent.length, blocks_));
  freed(counts_, cleared);
  record([&](auto& r) { r.step(spec::FreedExtent<Number>{extent.length, cleared}); });
}

Number BitmapAllocator::find_ungranted(Number from, Number end) const {
  return granted_.find_clear(from, end);
}

Number BitmapAllocator::find_granted(Number from, Number end) const {
  return granted_.find_set(from, end);
}

}  // namespace quire::impl
