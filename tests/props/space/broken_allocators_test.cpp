// Mistakes that real allocators have had: the laws find each, in calls that a person can read.
#include "impl/space/bitmap_allocator.h"
#include "props/space/counted_blocks.h"
#include "tests/props/space/refutation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::props {
namespace {

/// Where it grants is left open, so that no law of a hint finds the fault first.
struct PlainBitmap : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  static constexpr bool honours_goal = false, finds_runs = false;
};
using Places = std::span<Extent>;

/// Its device ends a block early.
struct NeverGrantsTheLastBlock : PlainBitmap {
  using PlainBitmap::PlainBitmap;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    const bool is_last = find_ungranted(0, blocks()) == blocks() - 1;
    return is_last ? 0 : PlainBitmap::allocate(request, extents);
  }
};
TEST(BrokenAllocators, OffByOneBelowTheLastBlock) {
  expect_refuted<NeverGrantsTheLastBlock>(kKeepsPromises);
}

/// Its device ends a block late.
struct GrantsBehindTheLastBlock : PlainBitmap {
  using PlainBitmap::PlainBitmap;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    const std::size_t n = PlainBitmap::allocate(request, extents);
    Extent& last = extents[n == 0 ? 0 : n - 1];
    if (n != 0 && last.end() == blocks() && last.length < request.want) ++last.length;
    return n;
  }
};
TEST(BrokenAllocators, OffByOneBehindTheLastBlock) {
  expect_refuted<GrantsBehindTheLastBlock>(kGrantsWithinDevice);
}

/// Where no run is as long as it wants it forgets to look for a shorter one.
struct GrantsZeroBlocks : PlainBitmap {
  using PlainBitmap::PlainBitmap;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    AllocationRequest whole = request;
    whole.minimum = request.want;
    if (PlainBitmap::allocate(whole, extents) != 0) return 1;
    extents[0] = {0, 0};
    return 1;
  }
};
TEST(BrokenAllocators, ZeroBlocksAreNoSuccess) {
  expect_refuted<GrantsZeroBlocks>(kGrantsUpToWant);
}

/// It frees the extent that it granted last, if that has the same length.
struct ReleasesTheLatest : PlainBitmap {
  using PlainBitmap::PlainBitmap;
  static constexpr bool releases_parts = false, releases_joined = false;
  bool mark_used(Extent) = delete;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    const std::size_t n = PlainBitmap::allocate(request, extents.first(1));
    if (n != 0) grants.push_back(extents[0]);
    return n;
  }
  void release(Extent extent) {
    if (!grants.empty() && grants.back().length == extent.length) extent = grants.back();
    std::erase(grants, extent);
    PlainBitmap::release(extent);
  }
  std::vector<Extent> grants;
};
// The block that it freed is granted again, or released in its turn.
TEST(BrokenAllocators, ReleasesInAnyOrder) {
  expect_refuted<ReleasesTheLatest>(kGrantsOnce, &kGivesBackExactly);
}

struct ForgetsReservationsOfAFailure : PlainBitmap {
  using PlainBitmap::PlainBitmap;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    const std::size_t n = PlainBitmap::allocate(request, extents);
    if (n == 0) unreserve(1);
    return n;
  }
};
TEST(BrokenAllocators, AFailureThatUnreserves) {
  expect_refuted<ForgetsReservationsOfAFailure>(kFailsCleanly);
}

/// It counts owners, and has no power that shows where it lost one.
struct PlainCounts : CountedBlocks {
  using CountedBlocks::CountedBlocks;
  static constexpr bool honours_goal = false, finds_runs = false;
  bool share(Extent) = delete;
  bool resize(std::uint64_t) = delete;
  std::size_t save(std::span<std::byte>) const = delete;
};

/// A failure leaves a block marked. The counts do not show it.
struct MarksWhatIsTooShort : PlainCounts {
  using PlainCounts::PlainCounts;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    const std::size_t n = PlainCounts::allocate(request, extents);
    const auto lost = std::ranges::find(owners_, 0u);
    if (n == 0 && lost != owners_.end()) *lost = 1;
    return n;
  }
};
TEST(BrokenAllocators, AFailureThatLeaks) { expect_refuted<MarksWhatIsTooShort>(kKeepsPromises); }

struct FreesASharedBlock : CountedBlocks {
  using CountedBlocks::CountedBlocks;
  void release(Extent extent) {
    for (std::uint64_t b = extent.start; b < extent.end(); ++b) owners_[b] = 0;
    free_ += extent.length;
  }
};
TEST(BrokenAllocators, ABlockIsFreedWhileItHasOwners) {
  expect_refuted<FreesASharedBlock>(kGivesBackExactly);
}

/// It drops the second owner early, and frees the block in time.
struct CountsTwoOwners : CountedBlocks {
  using CountedBlocks::CountedBlocks;
  std::uint64_t owners(std::uint64_t block) const {
    return std::min<std::uint64_t>(CountedBlocks::owners(block), 2);
  }
};
TEST(BrokenAllocators, OwnersAreCountedBelowTheirNumber) {
  expect_refuted<CountsTwoOwners>(kCountsOwners);
}

struct CountsIn32Bits : PlainBitmap {
  explicit CountsIn32Bits(std::uint64_t blocks) : PlainBitmap(static_cast<std::uint32_t>(blocks)) {}
};
TEST(BrokenAllocators, ASizeIsCutTo32Bits) {
  expect_refuted<CountsIn32Bits>(kAccountsForEveryBlock);
}

/// Its blocks are counted in 64 bits, and sought in 32.
struct SeeksIn32Bits : impl::BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
  std::size_t allocate(AllocationRequest request, Places extents) {
    request.goal = static_cast<std::uint32_t>(request.goal);
    return BitmapAllocator::allocate(request, extents);
  }
};
TEST(BrokenAllocators, AGoalIsCutTo32Bits) { expect_refuted<SeeksIn32Bits>(kHonoursTheGoal); }

/// An allocator that knows its grants by their first block, and takes them back whole.
struct OfHandles : CountedBlocks {
  using CountedBlocks::CountedBlocks;
  static constexpr bool releases_parts = false, releases_joined = false;
  std::size_t allocate(const AllocationRequest& request, Places extents) {
    const std::size_t n = CountedBlocks::allocate(request, extents);
    for (const Extent& extent : extents.first(n)) handles[extent.start] = extent.length;
    return n;
  }
  bool mark_used(Extent extent) {
    handles[extent.start] = extent.length;
    return CountedBlocks::mark_used(extent);
  }
  void release(Extent extent) {
    const auto handle = handles.find(extent.start);
    if (handle == handles.end() || handle->second != extent.length)
      throw std::logic_error("no handle of it");
    CountedBlocks::release(extent);
    if (owners(extent.start) == 0) handles.erase(handle);
  }
  bool restore(std::span<const std::byte>) = delete;
  std::map<std::uint64_t, std::uint64_t> handles;
};
TEST(BrokenAllocators, OneOfHandlesIsNotBroken) {
  static_assert((powers_of<OfHandles>() & (kReleasesParts | kReleasesJoined | kPersists)) == 0);
  EXPECT_EQ(refutation(kind_of<OfHandles>("handles"), 1, 300), "");
}

}  // namespace
}  // namespace quire::props
