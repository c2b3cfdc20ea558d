#include "impl/space/bitmap_allocator.h"

#include "impl/record.h"
#include "spec/write/freed_extent.h"

namespace quire::impl {

using Number = std::uint64_t;

BitmapAllocator::BitmapAllocator(Number blocks, std::pmr::memory_resource& memory) noexcept
    : granted_(memory), blocks_(blocks), counts_{blocks, 0} {}

bool BitmapAllocator::reserve(Number n) noexcept { return impl::reserve(counts_, n); }

void BitmapAllocator::unreserve(Number n) noexcept { impl::unreserve(counts_, n); }

std::optional<Extent> BitmapAllocator::allocate(Number want, Number goal) {
  BlockCounts<Number> counts = counts_;
  const BlockRange<Number> found = impl::allocate(*this, counts, blocks_, want, goal);
  if (found.start == found.end) return std::nullopt;
  granted_.set(found);  // may throw: before anything else changes
  counts_ = counts;
  return Extent{found.start, found.end - found.start};
}

void BitmapAllocator::free(Extent extent) noexcept {
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
