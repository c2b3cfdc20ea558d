// Memory is poisoned on allocation and deallocation, and refused on demand.
#include "props/memory/poison_resource.h"

#include "props/memory/poison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <span>

namespace quire::tests {
namespace {

using namespace props;

/// Hands out one buffer, so that a test can read memory that was freed.
class OneBuffer final : public std::pmr::memory_resource {
 public:
  alignas(64) std::array<std::byte, 256> bytes{};

 private:
  void* do_allocate(std::size_t, std::size_t) override { return bytes.data(); }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

TEST(PoisonResource, PoisonsAtBothEnds) {
  OneBuffer upstream;
  PoisonResource resource(&upstream);
  const auto poisoned = [&] { return std::ranges::count(upstream.bytes, kPoison); };
  void* const p = resource.allocate(100);
  EXPECT_EQ(p, upstream.bytes.data());
  EXPECT_EQ(poisoned(), 100);
  upstream.bytes.fill(std::byte{1});
  resource.deallocate(p, 100);
  EXPECT_EQ(poisoned(), 100);
}

TEST(PoisonResource, FreedMemoryStaysPoisonedUntilItIsHandedOutAgain) {
  PoisonResource resource;
  const auto allocate = [&](std::size_t n) {
    return std::span(static_cast<std::byte*>(resource.allocate(n, 4096)), n);
  };
  for (const std::size_t n : {4096, 8192, 4096}) {
    const std::span<std::byte> first = allocate(n), second = allocate(n);
    EXPECT_EQ(std::ranges::count(first, kPoison), static_cast<long>(n));
    EXPECT_EQ(std::ranges::count(second, kPoison), static_cast<long>(n));
    EXPECT_EQ(resource.in_use(), 2 * n);
    std::ranges::fill(first, std::byte{1});
    std::ranges::fill(second, std::byte{2});
    resource.deallocate(first.data(), n, 4096);
    resource.deallocate(second.data(), n, 4096);
    EXPECT_EQ(resource.in_use(), 0u);
  }
}

TEST(PoisonResource, RefusesAboveTheLimit) {
  PoisonResource resource;
  resource.refuse_above(4096);
  EXPECT_THROW((void)resource.allocate(4097), std::bad_alloc);
  resource.deallocate(resource.allocate(4096, 4096), 4096, 4096);
  resource.refuse_above(1 << 20);
  resource.deallocate(resource.allocate(1 << 20), 1 << 20);
}

}  // namespace
}  // namespace quire::tests
