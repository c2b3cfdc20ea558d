// The allocators that find free blocks by an index: what both promise, without memory too.
#include "impl/space/buddy_allocator.h"
#include "impl/space/extent_allocator.h"
#include "tests/impl/space/allocator_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace quire::tests {
namespace {

template <class A>
class IndexedAllocator : public testing::Test {};
using Kinds = testing::Types<impl::ExtentAllocator, impl::BuddyAllocator>;
TYPED_TEST_SUITE(IndexedAllocator, Kinds);

constexpr std::uint64_t kOne = 1;
constexpr std::uint64_t kSizes[] = {
    1, 2, 63, 64, 65, 127, 128, 129, 1000, kOne << 32, (kOne << 32) + 70, kOne << 63, kMostBlocks};

TYPED_TEST(IndexedAllocator, GrantsAnyDeviceWhole) {
  for (const std::uint64_t blocks : {1, 2, 63, 64, 65, 127, 128, 129, 1000}) {
    TypeParam allocator{blocks};
    EXPECT_EQ(allocator.blocks(), blocks);
    EXPECT_EQ(counts(allocator), (Counts{blocks, 0}));
    ASSERT_TRUE(allocator.reserve(blocks));
    EXPECT_FALSE(allocator.reserve(1));
    std::vector<Extent> extents(64);
    extents.resize(allocator.allocate({.want = blocks}, extents));
    std::uint64_t total = 0;
    for (const Extent& extent : extents) total += extent.length;
    EXPECT_EQ(total, blocks);
    EXPECT_EQ(counts(allocator), (Counts{0, 0}));
    EXPECT_EQ(allocator.find_ungranted(0, blocks), blocks);
    allocator.release({0, blocks});
    EXPECT_EQ(counts(allocator), (Counts{blocks, 0}));
    EXPECT_EQ(allocator.find_granted(0, blocks), blocks);
  }
}

TYPED_TEST(IndexedAllocator, GrantsAndTakesBackTheLastBlock) {
  for (const std::uint64_t blocks : kSizes) {
    TypeParam allocator{blocks};
    EXPECT_EQ(grant(allocator, 1, blocks - 1), (Extent{blocks - 1, 1})) << blocks;
    EXPECT_EQ(allocator.free_blocks(), blocks - 1);
    if (blocks > 1) {
      EXPECT_EQ(grant(allocator, 1, blocks - 2), (Extent{blocks - 2, 1})) << blocks;
    }
    allocator.release({blocks - 1, 1});
    EXPECT_EQ(grant(allocator, 1, blocks - 1), (Extent{blocks - 1, 1})) << blocks;
  }
}

TYPED_TEST(IndexedAllocator, GrantsAtAGoalThatIsFree) {
  TypeParam allocator{300};
  EXPECT_EQ(grant(allocator, 130, 61), (Extent{61, 130}));
  EXPECT_EQ(grant(allocator, 100, 191), (Extent{191, 100}));
  EXPECT_EQ(grant(allocator, 50, 60), (Extent{60, 1})) << "as far as it is free";
  EXPECT_EQ(grant(allocator, 50, 299), (Extent{299, 1})) << "up to the end of the device";
  std::vector<Extent> extents(1);
  ASSERT_TRUE(allocator.reserve(30));
  ASSERT_EQ(allocator.allocate({.want = 30, .goal = 295, .minimum = 9}, extents), 1u);
  EXPECT_LT(extents[0].start, 60u) << "too few are free at the goal";
}

TYPED_TEST(IndexedAllocator, KeepsTheMinimumAndTheAlignment) {
  TypeParam allocator{100};
  for (const Extent used : {Extent{10, 5}, Extent{20, 5}, Extent{41, 1}, Extent{64, 1}})
    ASSERT_TRUE(allocator.mark_used(used));
  const Counts before = counts(allocator);
  EXPECT_EQ(grants(allocator, {.want = 36, .minimum = 36}, 4), std::vector<Extent>{});
  EXPECT_EQ(
      grants(allocator, {.want = 1, .alignment = kOne << 63}, 4), (std::vector<Extent>{{0, 1}}))
      << "0 is a multiple of any alignment";
  allocator.release({0, 1});
  EXPECT_EQ(counts(allocator), before);
  for (const Extent& extent : grants(allocator, {.want = 60, .minimum = 4, .alignment = 4}, 8)) {
    EXPECT_GE(extent.length, 4u);
    EXPECT_EQ(extent.start % 4, 0u);
  }
}

TYPED_TEST(IndexedAllocator, ReleasesPartsAndNeighbours) {
  TypeParam allocator{256};
  ASSERT_EQ(grant(allocator, 100, 0), (Extent{0, 100}));
  ASSERT_EQ(grant(allocator, 28, 100), (Extent{100, 28}));
  allocator.release({60, 8});
  EXPECT_EQ(allocator.free_blocks(), 128u + 8);
  EXPECT_EQ(grant(allocator, 8, 60), (Extent{60, 8}));
  allocator.release({64, 64});
  EXPECT_EQ(grant(allocator, 192, 64), (Extent{64, 192})) << "joined with what is free behind it";
}

TYPED_TEST(IndexedAllocator, PassesOverTheWrongPartOfACall) {
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  TypeParam allocator{70};
  allocator.release({0, 70});
  EXPECT_EQ(counts(allocator), (Counts{70, 0})) << "freed free blocks";
  ASSERT_EQ(grant(allocator, 10, 60), (Extent{60, 10}));
  allocator.release({68, kHuge});
  EXPECT_EQ(counts(allocator), (Counts{62, 0})) << "freed past the end";
  allocator.release({50, 12});
  EXPECT_EQ(counts(allocator), (Counts{64, 0})) << "freed what was free before";
  allocator.release({kHuge, kHuge});
  EXPECT_EQ(counts(allocator), (Counts{64, 0})) << "freed behind the end";
  EXPECT_EQ(allocate(allocator, 1, 0), std::nullopt) << "granted blocks that were not reserved";
  ASSERT_TRUE(allocator.reserve(2));
  EXPECT_EQ(allocate(allocator, 0, 0), std::nullopt);
  EXPECT_EQ(allocator.allocate({.want = 2}, {}), 0u);
  EXPECT_EQ(allocate(allocator, kHuge, 0), (Extent{0, 2}));
  ASSERT_TRUE(allocator.reserve(2));
  allocator.unreserve(kHuge);
  EXPECT_EQ(counts(allocator), (Counts{62, 0})) << "unreserved more blocks than were reserved";
}

TYPED_TEST(IndexedAllocator, OfNoBlocksGrantsNothing) {
  TypeParam allocator{0};
  EXPECT_TRUE(allocator.reserve(0));
  EXPECT_FALSE(allocator.reserve(1));
  EXPECT_EQ(allocate(allocator, 1, 0), std::nullopt);
  allocator.release({0, 1});
  EXPECT_EQ(counts(allocator), (Counts{0, 0}));
}

TYPED_TEST(IndexedAllocator, MarksWhatIsFreeAlone) {
  TypeParam allocator{100};
  ASSERT_TRUE(allocator.mark_used({10, 5}));
  ASSERT_TRUE(allocator.mark_used({99, 1}));
  EXPECT_FALSE(allocator.mark_used({14, 2}));
  EXPECT_FALSE(allocator.mark_used({95, 6}));
  EXPECT_EQ(counts(allocator), (Counts{94, 0}));
  ASSERT_TRUE(allocator.reserve(90));
  EXPECT_FALSE(allocator.mark_used({20, 5})) << "blocks that are reserved";
  EXPECT_TRUE(allocator.mark_used({20, 4}));
  EXPECT_EQ(allocate(allocator, 90, 24), (Extent{24, 75}));
}

TYPED_TEST(IndexedAllocator, ChangesItsSize) {
  TypeParam allocator{100};
  ASSERT_EQ(grant(allocator, 10, 50), (Extent{50, 10}));
  EXPECT_FALSE(allocator.resize(59)) << "a block behind is granted";
  EXPECT_FALSE(allocator.resize(0));
  EXPECT_FALSE(allocator.resize(kMostBlocks + 1));
  EXPECT_TRUE(allocator.resize(60));
  EXPECT_EQ(counts(allocator), (Counts{50, 0}));
  ASSERT_TRUE(allocator.reserve(50));
  EXPECT_TRUE(allocator.resize(130));
  EXPECT_EQ(counts(allocator), (Counts{70, 50}));
  ASSERT_TRUE(allocator.reserve(20));
  EXPECT_FALSE(allocator.resize(79)) << "too few are free";
  allocator.unreserve(20);
  EXPECT_EQ(allocate(allocator, 50, 80), (Extent{80, 50}));
  EXPECT_EQ(allocator.blocks(), 130u);
  ASSERT_TRUE(allocator.reserve(70));
  for (int i = 0; i < 20 && allocator.reserved_blocks() != 0; ++i)
    EXPECT_TRUE(allocate(allocator, 7, 130)) << "a block of the changed device cannot be granted";
  EXPECT_EQ(allocator.find_ungranted(0, 130), 130u);
}

/// Blocks that are granted, one by one.
using Model = std::set<std::uint64_t>;

template <class A>
void expect_marks(const A& allocator, const Model& granted) {
  ASSERT_EQ(
      allocator.free_blocks() + allocator.reserved_blocks() + granted.size(), allocator.blocks());
  const std::uint64_t blocks = allocator.blocks();
  std::uint64_t at = allocator.find_granted(0, blocks);
  for (const std::uint64_t block : granted) {
    ASSERT_EQ(at, block);
    at = allocator.find_granted(at + 1, blocks);
  }
  ASSERT_EQ(at, blocks);
}

/// Makes the call, and takes what it grants into the model. An exception of it must change nothing.
/// Returns the extents; none where memory ran out.
template <class A>
std::vector<Extent> allocate_as_modelled(
    A& allocator, Model& granted, const AllocationRequest& request, std::size_t places) {
  const Counts before = counts(allocator);
  std::vector<Extent> extents(places);
  try {
    extents.resize(allocator.allocate(request, extents));
  } catch (const std::bad_alloc&) {
    EXPECT_EQ(counts(allocator), before);
    return {};
  }
  std::uint64_t total = 0;
  for (const Extent& extent : extents) {
    EXPECT_LE(extent.end(), allocator.blocks());
    EXPECT_GE(extent.length, request.minimum);
    EXPECT_EQ(extent.start % request.alignment, 0u);
    for (std::uint64_t b = extent.start; b < extent.end(); ++b)
      EXPECT_TRUE(granted.insert(b).second) << "granted twice: " << b;
    total += extent.length;
  }
  EXPECT_LE(total, request.want);
  EXPECT_EQ(counts(allocator), (Counts{before.free, before.reserved - total}));
  return extents;
}

template <class A>
void release_as_modelled(A& allocator, Model& granted, const Extent& extent) {
  const Counts before = counts(allocator);
  allocator.release(extent);
  const auto first = granted.lower_bound(extent.start);
  const auto end = granted.lower_bound(extent.end());
  const auto n = static_cast<std::uint64_t>(std::distance(first, end));
  granted.erase(first, end);
  EXPECT_EQ(counts(allocator), (Counts{before.free + n, before.reserved}));
}

/// Any calls to a device of which the blocks from `base` on are used. Where `memory` is given, it
/// refuses requests now and then, and for a while all of them.
template <class A>
void age(A& allocator, std::uint64_t base, std::uint64_t used, int calls, CountedMemory* memory) {
  std::mt19937_64 random(used);
  Model granted;
  for (int step = 0; step < calls && !testing::Test::HasFailure(); ++step) {
    if (memory != nullptr) {
      memory->is_out = random() % 4 == 0;
      memory->refused_request = memory->requests + random() % 4;
    }
    const std::uint64_t at = base + random() % used;
    const std::uint64_t length = 1 + random() % std::min(base + used - at, std::uint64_t{90});
    if (random() % 2 == 0) {
      release_as_modelled(allocator, granted, {at, length});
    } else if (allocator.reserve(length)) {
      AllocationRequest request{.want = length, .goal = at};
      if (random() % 4 == 0) request.minimum = 1 + random() % length;
      if (random() % 4 == 0) request.alignment = kOne << random() % 7;
      const bool is_free = granted.lower_bound(at) == granted.lower_bound(at + request.minimum) &&
                           request.minimum <= allocator.blocks() - at;
      const std::vector<Extent> extents =
          allocate_as_modelled(allocator, granted, request, 1 + random() % 4);
      if (is_free && request.alignment == 1 && !extents.empty()) {
        EXPECT_EQ(extents[0].start, at) << "not at the goal";
      }
      if (memory == nullptr && request.minimum == 1 && request.alignment == 1) {
        EXPECT_FALSE(extents.empty()) << "a reservation was not honoured";
      }
      allocator.unreserve(allocator.reserved_blocks());
    }
    if (step % 16 == 0) expect_marks(allocator, granted);
  }
  expect_marks(allocator, granted);
}

TYPED_TEST(IndexedAllocator, AgesAsASetOfBlocksDoes) {
  for (const std::uint64_t blocks : {1, 2, 63, 64, 65, 128, 191, 500}) {
    SCOPED_TRACE(blocks);
    TypeParam allocator{blocks};
    age(allocator, 0, blocks, 4000, nullptr);
  }
  for (const std::uint64_t blocks : {(kOne << 32) + 70, kMostBlocks}) {
    SCOPED_TRACE(blocks);
    TypeParam allocator{blocks};
    age(allocator, blocks - 300, 300, 2000, nullptr);
  }
}

TYPED_TEST(IndexedAllocator, LosesNothingWhereMemoryRunsOut) {
  for (const std::uint64_t blocks : {std::uint64_t{500}, std::uint64_t{64}, kMostBlocks}) {
    SCOPED_TRACE(blocks);
    CountedMemory memory;
    {
      TypeParam allocator{blocks, memory};
      const std::uint64_t used = std::min(blocks, std::uint64_t{500});
      age(allocator, blocks - used, used, 4000, &memory);
      memory.is_out = false;
      memory.refused_request = ~std::size_t{0};
      if (blocks < kMostBlocks) {
        ASSERT_TRUE(allocator.reserve(allocator.free_blocks()));
        while (allocator.reserved_blocks() != 0)
          ASSERT_TRUE(allocate(allocator, blocks, 0)) << "a free block cannot be granted";
        EXPECT_EQ(allocator.find_ungranted(0, blocks), blocks);
      }
    }
    EXPECT_EQ(memory.bytes, 0u);
  }
}

/// Releases of parts, for which there is memory or is not: what is granted next is the same.
TYPED_TEST(IndexedAllocator, ReleasesWithoutMemory) {
  CountedMemory memory;
  TypeParam short_of_memory{5000, memory}, other{5000};
  for (TypeParam* allocator : {&short_of_memory, &other}) {
    ASSERT_EQ(grant(*allocator, 4096, 0), (Extent{0, 4096}));
    memory.is_out = allocator == &short_of_memory;
    for (std::uint64_t at = 1; at < 4000; at += 3 + at % 40) {
      const std::size_t requests = memory.requests;
      allocator->release({at, 1 + at % 2});
      if (memory.is_out) {
        ASSERT_LE(memory.requests, requests + 1);
      }
    }
    memory.is_out = false;
  }
  EXPECT_EQ(counts(short_of_memory), counts(other));
  for (std::uint64_t want = 1; want < 200; want += 3) {
    ASSERT_EQ(
        grants(short_of_memory, {.want = want, .goal = 10 * want}, 8),
        grants(other, {.want = want, .goal = 10 * want}, 8));
  }
}

TYPED_TEST(IndexedAllocator, GrantsAllExtentsOfACallOrNone) {
  constexpr std::uint64_t kChunk = 4096;  // of the marks: a free one takes no memory
  std::vector<Extent> extents(4);
  std::size_t refusals = 0;
  for (bool is_done = false; !is_done;) {
    CountedMemory memory;
    TypeParam allocator{4 * kChunk, memory};
    ASSERT_TRUE(allocator.mark_used({0, 4 * kChunk}));
    allocator.release({kChunk, kChunk});
    allocator.release({3 * kChunk, kChunk});
    ASSERT_TRUE(allocator.reserve(2 * kChunk));
    memory.refused_request = memory.requests + refusals;
    try {
      ASSERT_EQ(allocator.allocate({.want = 2 * kChunk}, extents), 2u);
      is_done = true;
    } catch (const std::bad_alloc&) {
      ++refusals;
      EXPECT_EQ(counts(allocator), (Counts{0, 2 * kChunk}));
      EXPECT_EQ(allocator.find_ungranted(0, 4 * kChunk), kChunk);
      EXPECT_EQ(allocator.find_granted(kChunk, 4 * kChunk), 2 * kChunk);
      EXPECT_EQ(allocator.find_granted(3 * kChunk, 4 * kChunk), 4 * kChunk);
      ASSERT_EQ(allocator.allocate({.want = 2 * kChunk}, extents), 2u);
    }
    EXPECT_EQ(extents[0], (Extent{kChunk, kChunk}));
    EXPECT_EQ(extents[1], (Extent{3 * kChunk, kChunk}));
  }
  EXPECT_GE(refusals, 2u);
}

TYPED_TEST(IndexedAllocator, TakesMemoryForGrantedBlocksWhateverTheSizeOfTheDevice) {
  for (const std::uint64_t blocks : {kOne << 40, (kOne << 50) + 1, kMostBlocks}) {
    CountedMemory memory;
    TypeParam allocator{blocks, memory};
    ASSERT_TRUE(allocator.reserve(blocks));
    EXPECT_EQ(memory.requests, 0u) << "a device that is not used";
    EXPECT_EQ(allocate(allocator, 1000, blocks / 2), (Extent{blocks / 2, 1000}));
    EXPECT_EQ(allocate(allocator, 1000, blocks - 10), (Extent{blocks - 10, 10}));
    EXPECT_EQ(allocate(allocator, 1 << 20, 0), (Extent{0, 1 << 20}));
    EXPECT_LT(memory.bytes, (1 << 20) / 4096 * 700 + 20'000);
    memory.is_out = true;
    allocator.unreserve(allocator.reserved_blocks());
    allocator.release({0, blocks});
    EXPECT_EQ(counts(allocator), (Counts{blocks, 0}));
    EXPECT_LT(memory.bytes, 64u * 48) << "memory for free blocks";
  }
}

}  // namespace
}  // namespace quire::tests
