// Every copy kernel of this CPU moves exactly the bytes asked for, at any size and alignment.
#include "impl/user_memory/copy/copy.h"
#include "tests/impl/user_memory/copy/copy_fixture.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace quire::tests {
namespace {

using impl::copy_from_user, impl::copy_to_user, impl::fault_in_readable;

INSTANTIATE_TEST_SUITE_P(Every, CopyKernel, testing::ValuesIn(kernels()), [](const auto& info) {
  return info.param.name;
});

/// Sizes on both sides of each path and of each turn of a loop.
std::vector<std::size_t> edges() {
  std::vector<std::size_t> sizes;
  for (const std::size_t edge :
       {1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 320, 512, 576, 1024, 1280}) {
    for (const std::size_t n : {edge - 1, edge, edge + 1}) sizes.push_back(n);
  }
  return sizes;
}

TEST_P(CopyKernel, CopiesEverySizeUpTo600) {
  Area source(1), target(1);
  fill_source(source.at(0), kPage);
  for (std::size_t n = 0; n <= 600; ++n) {
    for (const std::size_t to : {0, 1, 15, 33, 63}) {
      for (const std::size_t from : {0, 7, 16, 63}) {
        expect_copied(target.at(128 + to), source.at(from), n, n, 128, n + 128);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CopyKernel, CopiesAtEveryAlignment) {
  Area source(1), target(1);
  fill_source(source.at(0), kPage);
  for (std::size_t to = 0; to <= 64; ++to) {
    for (std::size_t from = 0; from <= 64; ++from) {
      for (const std::size_t n : edges()) {
        expect_copied(target.at(64 + to), source.at(from), n, n, 64, n + 64);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CopyKernel, CopiesLargeSizesAtAliasingOffsets) {
  constexpr std::size_t kLargest = (std::size_t{1} << 20) + 13;
  Area source(260), target(260);
  fill_source(source.at(0), 260 * kPage);
  for (const std::size_t n : {kPage, kPage + 1, 16 * kPage, 16 * kPage - 1, kLargest}) {
    for (const std::size_t offset : {0, 1, 2, 8, 15, 16, 31, 32, 33, 63, 64, 4095}) {
      expect_copied(target.at(kPage + offset), source.at(0), n, n, 64, n + 64);
      expect_copied(target.at(kPage), source.at(offset), n, n, 64, n + 64);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Copy, TakesTheFirstEngineThatIsSupported) {
  const auto engines = impl::copy_engines();
  EXPECT_TRUE(engines.back().supported());
  for (const impl::CopyEngine& engine : engines) {
    if (!engine.supported()) continue;
    EXPECT_EQ(&engine, &impl::copy_engine());
    break;
  }
}

TEST(Copy, IsExactOnBothSidesOfTheSizeThatStreams) {
  const std::size_t pages = impl::kStreamBytesMin / kPage + 3;
  Area source(pages), target(pages);
  fill_source(source.at(0), pages * kPage);
  source.protect(pages - 1, PROT_NONE);
  for (const std::size_t want :
       {std::size_t{0}, std::size_t{1234}, impl::kStreamBytesMin - 301,
        impl::kStreamBytesMin + 77}) {
    const unsigned char* from = source.page(pages - 1) - want;
    std::memset(target.at(0), kUntouched, pages * kPage);
    EXPECT_EQ(copy_from_user(target.at(0), from, want + 300), want);
    EXPECT_EQ(std::memcmp(target.at(0), from, want), 0);
    EXPECT_EQ(target.at(0)[want], kUntouched);
    EXPECT_EQ(copy_to_user(target.at(0), from, want), want);
  }
}

TEST(FaultInReadable, CountsFromTheFirstInaccessibleByte) {
  Area area(5);
  area.protect(3, PROT_NONE);
  EXPECT_EQ(fault_in_readable(area.at(0), 0), 0U);
  EXPECT_EQ(fault_in_readable(area.page(3), 0), 0U);
  EXPECT_EQ(fault_in_readable(area.at(0), 3 * kPage), 0U);
  EXPECT_EQ(fault_in_readable(area.at(0), 3 * kPage + 1), 1U);
  EXPECT_EQ(fault_in_readable(area.at(100), 5 * kPage - 100), 2 * kPage);
  EXPECT_EQ(fault_in_readable(area.page(3) - 1, 2), 1U);
  EXPECT_EQ(fault_in_readable(area.at(3 * kPage + 10), 50), 50U);
  EXPECT_EQ(fault_in_readable(area.page(4) - 1, kPage), kPage);
  EXPECT_EQ(fault_in_readable(area.page(4), kPage), 0U);
  EXPECT_EQ(fault_in_readable(nullptr, 77), 77U);
  EXPECT_EQ(fault_in_readable(reinterpret_cast<void*>(std::uintptr_t{1} << 63), 9), 9U);
}

}  // namespace
}  // namespace quire::tests
