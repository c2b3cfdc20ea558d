// The check of an allocator from a test of its author's: as he sees it.
#include "props/space/counted_blocks.h"

#include <quire/check/allocator.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>

namespace quire::props {
namespace {

using check::AllocatorCheck;
using check::check_allocator;

QUIRE_CHECK_ALLOCATOR(CountedBlocks, .cases = 300)

struct ForgetsBlock0 : CountedBlocks {
  using CountedBlocks::CountedBlocks;
  void release(Extent extent) {
    if (extent.start != 0) CountedBlocks::release(extent);
  }
};

struct CrashesWhenFull : CountedBlocks {
  using CountedBlocks::CountedBlocks;
  bool reserve(std::uint64_t n) {
    if (n > free_blocks()) std::abort();
    return CountedBlocks::reserve(n);
  }
};

struct CannotBeMade : CountedBlocks {
  explicit CannotBeMade(std::uint64_t blocks) : CountedBlocks(blocks) {
    throw std::runtime_error("no such device");
  }
};

TEST(CheckAllocator, ShowsTheLawTheCallsAndTheSeed) {
  const std::string text = check_allocator<ForgetsBlock0>("mine", {.seed = 7, .jobs = 1});
  EXPECT_TRUE(text.contains("release() and unreserve() make as many blocks free")) << text;
  EXPECT_TRUE(text.contains("release({start 0, length 1})")) << text;
  EXPECT_TRUE(text.contains("--gtest_random_seed=7")) << text;
}

TEST(CheckAllocator, ACrashIsAFailureWithItsCalls) {
  const std::string text = check_allocator<CrashesWhenFull>("mine", {.seed = 7, .jobs = 1});
  EXPECT_TRUE(text.contains("SIGABRT")) << text;
  EXPECT_TRUE(text.contains("reserve")) << text;
}

TEST(CheckAllocator, OneThatCannotBeMadeIsNotSound) {
  const std::string text = check_allocator<CannotBeMade>("mine", {.seed = 7});
  EXPECT_TRUE(text.contains("no such device")) << text;
}

TEST(CheckAllocator, SameSeedAndJobsShowTheSameCase) {
  const AllocatorCheck same{.cases = 400, .seed = 5, .jobs = 2};
  EXPECT_EQ(
      check_allocator<ForgetsBlock0>("mine", same), check_allocator<ForgetsBlock0>("mine", same));
}

}  // namespace
}  // namespace quire::props
