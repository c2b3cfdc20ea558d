// An allocator of libquire's as that of a volume.
#pragma once

#include "impl/space/space_allocator.h"

namespace quire::impl {

/// A: BitmapAllocator, ExtentAllocator or BuddyAllocator.
template <BlockAllocator A>
class OwnAllocator final : public SpaceAllocator {
 public:
  explicit OwnAllocator(Number blocks) : allocator_{blocks} {}

  bool reserve(Number n) noexcept override { return allocator_.reserve(n); }
  void unreserve(Number n) noexcept override { allocator_.unreserve(n); }
  std::optional<Extent> allocate(Number want, Number goal) override {
    Extent extent;
    if (allocator_.allocate({.want = want, .goal = goal}, {&extent, 1}) == 0) return std::nullopt;
    return extent;
  }
  void release(Extent extent) noexcept override { allocator_.release(extent); }
  void release_and_reserve(Extent extent) noexcept override {
    allocator_.release(extent);
    // The blocks just freed are there to be reserved.
    [[maybe_unused]] const bool reserved = allocator_.reserve(extent.length);
  }
  Number free_blocks() const noexcept override { return allocator_.free_blocks(); }
  Number reserved_blocks() const noexcept override { return allocator_.reserved_blocks(); }
  const SparseBitmap& granted() const noexcept override { return allocator_.granted(); }

 private:
  friend struct Innards;

  A allocator_;
};

}  // namespace quire::impl
