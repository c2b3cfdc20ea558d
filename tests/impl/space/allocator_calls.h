// Calls to an allocator, and memory that can be refused to it.
#pragma once

#include <quire/block_allocator.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <optional>
#include <ostream>
#include <random>
#include <vector>

namespace quire {

inline void PrintTo(const Extent& extent, std::ostream* os) {
  *os << "{start " << extent.start << ", length " << extent.length << "}";
}

}  // namespace quire

namespace quire::tests {

/// The largest device.
inline constexpr std::uint64_t kMostBlocks = ~std::uint64_t{63};

/// One extent of what is reserved.
template <BlockAllocator A>
std::optional<Extent> allocate(A& allocator, std::uint64_t want, std::uint64_t goal) {
  Extent extent;
  if (allocator.allocate({.want = want, .goal = goal}, {&extent, 1}) == 0) return std::nullopt;
  return extent;
}

/// Reserves, then allocates.
template <BlockAllocator A>
std::optional<Extent> grant(A& allocator, std::uint64_t want, std::uint64_t goal) {
  if (!allocator.reserve(want)) return std::nullopt;
  const auto extent = allocate(allocator, want, goal);
  if (extent) allocator.unreserve(want - extent->length);
  return extent;
}

/// Everything that one call grants.
template <BlockAllocator A>
std::vector<Extent> grants(A& allocator, const AllocationRequest& request, std::size_t most) {
  std::vector<Extent> extents(most);
  if (!allocator.reserve(request.want)) return {};
  extents.resize(allocator.allocate(request, extents));
  allocator.unreserve(allocator.reserved_blocks());
  return extents;
}

struct Counts {
  std::uint64_t free, reserved;
  friend bool operator==(const Counts&, const Counts&) = default;
};

inline void PrintTo(const Counts& counts, std::ostream* os) {
  *os << counts.free << " free, " << counts.reserved << " reserved";
}

template <BlockAllocator A>
Counts counts(const A& allocator) {
  return {allocator.free_blocks(), allocator.reserved_blocks()};
}

/// Releases and grants blocks at random places of a device. fit(granted, request) is where the
/// request must be granted; of length 0: nowhere.
template <BlockAllocator A, class Fit>
void expect_places(std::uint64_t blocks, int steps, Fit fit) {
  std::mt19937_64 random(14);
  A allocator{blocks};
  std::vector<bool> granted(blocks, false);
  for (int step = 0; step < steps; ++step) {
    const std::uint64_t at = random() % blocks;
    const std::uint64_t length = 1 + random() % std::min(blocks - at, std::uint64_t{90});
    if (random() % 2 == 0) {
      allocator.release({at, length});
      for (std::uint64_t b = at; b < at + length; ++b) granted[b] = false;
      continue;
    }
    AllocationRequest request{.want = length, .goal = at};
    if (random() % 3 == 0) request.minimum = 1 + random() % length;
    if (random() % 3 == 0) request.alignment = std::uint64_t{1} << random() % 6;
    if (!allocator.reserve(length)) continue;
    Extent got{0, 0};
    const std::size_t n = allocator.allocate(request, {&got, 1});
    const Extent expected = fit(granted, request);
    ASSERT_EQ(n, expected.length != 0 ? 1u : 0u) << "blocks " << blocks << " step " << step;
    if (n != 0) {
      ASSERT_EQ(got, expected) << "blocks " << blocks << " step " << step;
    }
    allocator.unreserve(length - expected.length);
    for (std::uint64_t b = expected.start; b < expected.end(); ++b) granted[b] = true;
  }
}

/// Counts the bytes allocated from it, and refuses requests on command.
class CountedMemory : public std::pmr::memory_resource {
 public:
  std::size_t bytes = 0, requests = 0, refused_request = ~std::size_t{0};
  bool is_out = false;  ///< all requests are refused

 private:
  void* do_allocate(std::size_t n, std::size_t alignment) override {
    if (requests++ == refused_request || is_out) throw std::bad_alloc();
    bytes += n;
    return std::pmr::new_delete_resource()->allocate(n, alignment);
  }
  void do_deallocate(void* p, std::size_t n, std::size_t alignment) override {
    bytes -= n;
    std::pmr::new_delete_resource()->deallocate(p, n, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace quire::tests
