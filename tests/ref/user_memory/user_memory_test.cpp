// Copies to and from memory that ends: the counts are exact.
#include "ref/user_memory/user_memory.h"

#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace quire::tests {
namespace {

constexpr std::uint64_t kMany = std::uint64_t{6} << 20;  // more pages than one system call takes

class UserMemoryEdge : public testing::TestWithParam<EdgeBuffer::Edge> {};

TEST_P(UserMemoryEdge, CopyStopsAtTheEdge) {
  for (const std::uint64_t k : {0ul, 1ul, 4095ul, 4096ul, 4097ul, 9000ul, kMany}) {
    EdgeBuffer source(k, GetParam());
    source.fill(std::byte{0x11});
    std::vector<std::byte> got(k + 9000, std::byte{0x22});
    EXPECT_EQ(ref::copy_from_user(got.data(), source.data(), k), k);
    EXPECT_EQ(ref::copy_from_user(got.data(), source.data(), k + 9000), k);
    EXPECT_EQ(std::ranges::count(got, std::byte{0x11}), static_cast<long>(k));
    EXPECT_EQ(std::ranges::count(got, std::byte{0x22}), 9000);
  }
}

TEST_P(UserMemoryEdge, StoreStopsAtTheEdge) {
  for (const std::uint64_t k : {0ul, 1ul, 4095ul, 4096ul, 4097ul, 9000ul, kMany}) {
    EdgeBuffer target(k, GetParam());
    const std::vector<std::byte> source(k + 9000, std::byte{0x33});
    EXPECT_EQ(ref::copy_to_user(target.data(), source.data(), source.size()), k);
    EXPECT_TRUE(std::all_of(
        target.data(), target.edge(), [](std::byte b) { return b == std::byte{0x33}; }));
  }
}

TEST_P(UserMemoryEdge, FaultInCountsFromTheFirstFailingByte) {
  for (const std::uint64_t k : {1ul, 4095ul, 4096ul, 4097ul, 9000ul}) {
    EdgeBuffer source(k, GetParam());
    EXPECT_EQ(ref::fault_in_readable(source.data(), k), 0u);
    EXPECT_EQ(ref::fault_in_readable(source.data(), k + 1), 1u);
    EXPECT_EQ(ref::fault_in_readable(source.data(), k + 5000), 5000u);
    EXPECT_EQ(ref::fault_in_readable(source.edge(), 17), 17u);
    EXPECT_EQ(ref::fault_in_readable(source.data(), 0), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Edges, UserMemoryEdge,
    testing::Values(EdgeBuffer::Edge::no_access, EdgeBuffer::Edge::past_the_file));

/// Makes copies look for faults, or not, by what they count of a page that is not there.
TEST(UserMemory, KnownMemoryIsNotAskedAbout) {
  EdgeBuffer source(1);
  const auto unreadable = [&] { return ref::fault_in_readable(source.data(), 2); };
  EXPECT_EQ(unreadable(), 1u);
  {
    const ref::KnownMemory outer;
    EXPECT_EQ(unreadable(), 0u);
    { const ref::KnownMemory inner(false); }
    EXPECT_EQ(unreadable(), 0u);
    const std::vector<std::byte> from(9000, std::byte{0x44});
    std::vector<std::byte> to(9001);
    EXPECT_EQ(ref::copy_from_user(to.data(), from.data(), 9000), 9000u);
    EXPECT_EQ(ref::copy_to_user(to.data() + 1, from.data(), 9000), 9000u);
    EXPECT_EQ(std::ranges::count(to, std::byte{0x44}), 9001);
  }
  const ref::KnownMemory unknown(false);
  EXPECT_EQ(unreadable(), 1u);
}

TEST(UserMemory, HoleInTheMiddleStopsExactlyThere) {
  EdgeBuffer buffer(5 * 4096);
  ASSERT_EQ(::mprotect(buffer.data() + 2 * 4096, 4096, PROT_NONE), 0);
  std::vector<std::byte> got(5 * 4096);
  EXPECT_EQ(ref::copy_from_user(got.data(), buffer.data() + 100, 4 * 4096), 2u * 4096 - 100);
  EXPECT_EQ(ref::fault_in_readable(buffer.data() + 100, 4 * 4096), 2u * 4096 + 100);
}

TEST(UserMemory, NullAndWildAddressesAreUnreadable) {
  std::byte byte{};
  const void* wild = reinterpret_cast<const void*>(~std::uintptr_t{0} - 10);
  EXPECT_EQ(ref::copy_from_user(&byte, nullptr, 1), 0u);
  EXPECT_EQ(ref::copy_from_user(&byte, wild, 1), 0u);
  EXPECT_EQ(ref::fault_in_readable(nullptr, 5), 5u);
}

TEST(UserMemory, ReadOnlyMemoryTakesNothing) {
  EdgeBuffer target(100);
  ASSERT_EQ(::mprotect(target.edge() - 4096, 4096, PROT_READ), 0);
  const std::byte byte{1};
  EXPECT_EQ(ref::copy_to_user(target.data(), &byte, 1), 0u);
}

}  // namespace
}  // namespace quire::tests
