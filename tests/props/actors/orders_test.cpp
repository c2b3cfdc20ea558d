// The orders that explain what two threads have seen.
#include "props/actors/orders.h"
#include "props/differential/transfers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace quire::props {
namespace {

Command moves(Action action, std::int64_t at, std::size_t bytes) {
  return Command{action, 0, at, {{BufferKind::plain, bytes, 0, 0}}, 0, false};
}

struct Orders : testing::Test {
  /// Memory into which a read has stored these bytes.
  const UserMemory& holds(const std::vector<std::byte>& bytes) {
    memory.clear();
    const UserBuffer buffer = memory.destination({BufferKind::plain, bytes.size(), 0, 0});
    std::ranges::copy(bytes, buffer.data);
    return memory;
  }
  std::vector<Order> orders(const Played& command, const Played& actor, bool throttles = false) {
    return explain(files, command, {&actor, 1}, throttles, "impl", why_not);
  }

  FileModels files{{0, FileModel{}}};
  UserMemory memory;
  std::optional<Failure> why_not;
};

TEST_F(Orders, OfTwoWritesToOnePlaceTheBytesTellWhichWasLast) {
  const Command first = moves(Action::write, 0, 8), second = moves(Action::write, 4, 8);
  const auto found = orders({&first, 1, nullptr, 8}, {&second, 2, nullptr, 8});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].before, 0u);
  EXPECT_EQ(found[1].before, 1u);
  EXPECT_NE(found[0].files.at(0).bytes(0, 12), found[1].files.at(0).bytes(0, 12));
}

TEST_F(Orders, AReadThatHasSeenTheWriteCameBehindIt) {
  const Command write = moves(Action::write, 0, 8), read = moves(Action::read, 0, 8);
  const auto found = orders({&write, 1, nullptr, 8}, {&read, 0, &holds(source_bytes(8, 1)), 8});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].before, 0u);
}

TEST_F(Orders, AReadOfHalfAWriteHasNoOrderUnlessTheWriteThrottles) {
  files[0].write(0, std::vector<std::byte>(8, std::byte{7}));
  std::vector<std::byte> half = source_bytes(8, 1);
  std::fill(half.begin() + 4, half.end(), std::byte{7});
  const Command write = moves(Action::write, 0, 8), read = moves(Action::read, 0, 8);
  const Played reads{&read, 0, &holds(half), 8};
  EXPECT_TRUE(orders({&write, 1, nullptr, 8}, reads).empty());
  ASSERT_TRUE(why_not);
  EXPECT_EQ(orders({&write, 1, nullptr, 8}, reads, true).size(), 1u);
  // Of the write's two halves the later one cannot come first.
  std::vector<std::byte> late = source_bytes(8, 1);
  std::fill(late.begin(), late.begin() + 4, std::byte{7});
  EXPECT_TRUE(orders({&write, 1, nullptr, 8}, {&read, 0, &holds(late), 8}, true).empty());
}

TEST_F(Orders, AThrottledWriteMayHaveGrownTheFileInPart) {
  const Command write = moves(Action::write, 0, 8), read = moves(Action::read, 0, 8);
  const Played reads{&read, 0, &holds(source_bytes(4, 1)), 4};
  EXPECT_TRUE(orders({&write, 1, nullptr, 8}, reads).empty());
  const auto found = orders({&write, 1, nullptr, 8}, reads, true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].saw_part);
}

TEST_F(Orders, AWriteStopsShortOnlyWhereTheOthersExplainIt) {
  const Command write = moves(Action::write, 0, 8), cut = {Action::truncate, 0, 0, {}, 0, false};
  EXPECT_TRUE(orders({&write, 1, nullptr, -ENOSPC}, {&cut, 0, nullptr, 0}).empty());
  EXPECT_EQ(orders({&write, 1, nullptr, -ENOSPC, false, true}, {&cut, 0, nullptr, 0}).size(), 2u);
}

TEST_F(Orders, OnlyAReadThatATruncateMetMayHaveStoredBytesBehindItsCount) {
  files[0].write(0, std::vector<std::byte>(8, std::byte{7}));
  const Command read = moves(Action::read, 0, 8), cut = {Action::truncate, 0, 0, {}, 0, false};
  Played reads{&read, 0, &holds(std::vector<std::byte>(8, std::byte{7})), 0};
  EXPECT_TRUE(orders(reads, {&cut, 0, nullptr, 0}).empty());
  reads.was_cut = true;
  const auto found = orders(reads, {&cut, 0, nullptr, 0});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].before, 1u);
}

TEST_F(Orders, AReopenOfAnotherHandleMovesNoPosition) {
  files[0].positions[0] = 5;
  const Command sync{Action::fsync, 0, 0, {}, 0, false};
  Command opens{Action::reopen, 0, 0, {}, 0, false};
  opens.handle = 1;
  const auto found = orders({&sync, 0, nullptr, 0}, {&opens, 0, nullptr, 0});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].files.at(0).positions[0], 5u);
}

}  // namespace
}  // namespace quire::props
