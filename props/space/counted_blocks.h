// A plain allocator with every power: so that the laws of each are tried, and seen to fail.
#pragma once

#include "props/space/allocator_kind.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace quire::props {

/// Counts the owners of each block. First fit from the goal, in time by the size of the device.
/// save() stores the counts, 4 bytes each.
class CountedBlocks {
 public:
  static constexpr bool releases_parts = true, releases_joined = true, honours_goal = true,
                        finds_runs = true;

  explicit CountedBlocks(std::uint64_t blocks) : owners_(blocks), free_(blocks) {}

  bool reserve(std::uint64_t n) {
    if (n > free_) return false;
    free_ -= n;
    reserved_ += n;
    return true;
  }
  void unreserve(std::uint64_t n) {
    reserved_ -= n;
    free_ += n;
  }
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    std::size_t stored = 0;
    std::uint64_t left = request.want;
    const std::uint64_t goal = request.goal < owners_.size() ? request.goal : 0;
    for (std::uint64_t i = 0; i < owners_.size() && stored < extents.size();) {
      const std::uint64_t start = (goal + i) % owners_.size();
      const std::uint64_t length = start % request.alignment == 0 ? free_run(start, left) : 0;
      const bool fits = length != 0 && length >= request.minimum;
      if (fits) extents[stored++] = {start, length};
      if (fits) std::fill_n(owners_.begin() + static_cast<std::ptrdiff_t>(start), length, 1u);
      if (fits) left -= length;
      i += fits ? length : 1;
    }
    reserved_ -= request.want - left;
    return stored;
  }
  void release(Extent extent) {
    for (std::uint64_t b = extent.start; b < extent.end(); ++b) free_ += --owners_[b] == 0 ? 1 : 0;
  }

  std::uint64_t blocks() const { return owners_.size(); }
  std::uint64_t free_blocks() const { return free_; }
  std::uint64_t reserved_blocks() const { return reserved_; }

  bool mark_used(Extent extent) {
    for (std::uint64_t b = extent.start; b < extent.end(); ++b) owners_[b] = 1;
    free_ -= extent.length;
    return true;
  }
  bool share(Extent extent) {
    for (std::uint64_t b = extent.start; b < extent.end(); ++b) ++owners_[b];
    return true;
  }
  std::uint64_t owners(std::uint64_t block) const { return owners_[block]; }
  bool resize(std::uint64_t blocks) {
    const std::uint64_t old = owners_.size();
    if (blocks < old && (old - blocks > free_ || free_run(blocks, old) != old - blocks))
      return false;
    owners_.resize(blocks);
    free_ += blocks - old;
    return true;
  }
  std::size_t save(std::span<std::byte> image) const {
    const std::size_t size = owners_.size() * sizeof owners_[0];
    if (image.size() >= size) std::memcpy(image.data(), owners_.data(), size);
    return size;
  }
  bool restore(std::span<const std::byte> image) {
    if (image.size() != owners_.size() * sizeof owners_[0]) return false;
    std::memcpy(owners_.data(), image.data(), image.size());
    free_ = static_cast<std::uint64_t>(std::count(owners_.begin(), owners_.end(), 0u));
    return true;
  }

 protected:
  /// How many blocks from this one on are free, up to `most`.
  std::uint64_t free_run(std::uint64_t start, std::uint64_t most) const {
    std::uint64_t length = 0;
    while (length < most && start + length < owners_.size() && owners_[start + length] == 0)
      ++length;
    return length;
  }

  std::vector<std::uint32_t> owners_;
  std::uint64_t free_, reserved_ = 0;
};
static_assert(powers_of<CountedBlocks>() == (~kAnySize & ((kPersists << 1) - 1)));

}  // namespace quire::props
