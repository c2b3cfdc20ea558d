// Pages that are supplied late come to every thread that waits for them.
#include "props/memory/late_pages.h"
#include "props/memory/pattern.h"
#include "props/memory/user_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;

using std::chrono_literals::operator""ms;

constexpr std::uint64_t kLateSeed = 7;

bool shows_pattern(const UserBuffer& buffer) {
  std::vector<std::byte> wanted(buffer.size);
  fill_pattern(wanted, kLateSeed, 0);
  return std::equal(wanted.begin(), wanted.end(), buffer.data);
}

TEST(LatePages, ComeLateAndToEveryThreadThatWaits) {
  if (!why_no_userfaultfd().empty()) GTEST_SKIP() << why_no_userfaultfd();
  UserMemory memory(2ms);
  const UserBuffer buffer =
      memory.source({.kind = BufferKind::supplied_late, .size = 8 * kPage}, kLateSeed);
  const auto before = std::chrono::steady_clock::now();
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] { wrong += !shows_pattern(buffer); });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 8 * 2ms);

  memory.clear();
  const UserBuffer again =
      memory.source({.kind = BufferKind::supplied_late, .size = 8 * kPage}, kLateSeed, 3);
  EXPECT_EQ(again.data[0], pattern(kLateSeed, 3));
  EXPECT_EQ(again.data[8 * kPage - 1], pattern(kLateSeed, 8 * kPage + 2));
}

}  // namespace
}  // namespace quire::tests
