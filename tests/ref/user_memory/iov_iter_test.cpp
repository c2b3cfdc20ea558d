// The iterator: empty segments, edges, and the way back.
#include "ref/user_memory/iov_iter.h"

#include "ref/user_memory/import_iovec.h"
#include "spec/geometry.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace quire::tests {
namespace {

using ref::IovIter;

void consume(IovIter& it, std::uint64_t n) {
  std::array<std::byte, 12> bytes{};
  ASSERT_EQ(it.copy_from(bytes.data(), n), n);
}

/// 12 bytes of values 0..11 in segments with empty ones at the start, in the middle and at the end.
class SegmentedBytes : public testing::Test {
 protected:
  SegmentedBytes() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = std::byte(i);
  }

  IovIter iter() {
    return IovIter(
        {{nullptr, 0},
         {&bytes_[0], 3},
         {nullptr, 0},
         {&bytes_[3], 0},
         {&bytes_[3], 5},
         {&bytes_[8], 4},
         {nullptr, 0},
         {nullptr, 0}});
  }

  std::array<std::byte, 12> bytes_;
};

TEST_F(SegmentedBytes, AreOneRunOfBytes) {
  IovIter it = iter();
  EXPECT_EQ(it.left(), 12u);
  EXPECT_EQ(it.place(), 0u);
  EXPECT_EQ(it.fault_in(12), 0u);
  std::array<std::byte, 12> got{};
  EXPECT_EQ(it.copy_from(got.data(), 12), 12u);
  EXPECT_EQ(got, bytes_);
  EXPECT_EQ(it.left(), 0u);
  EXPECT_EQ(it.place(), 12u);
}

TEST_F(SegmentedBytes, RevertStandsWhereTheIteratorStood) {
  for (std::uint64_t to = 0; to <= 12; ++to) {
    for (std::uint64_t back = 0; back <= to; ++back) {
      IovIter it = iter();
      consume(it, to);
      it.revert(back);
      EXPECT_EQ(it.place(), to - back);
      EXPECT_EQ(it.left(), 12 - (to - back));
      std::array<std::byte, 12> got{};
      const std::uint64_t left = it.left();
      EXPECT_EQ(it.copy_from(got.data(), left), left);
      EXPECT_TRUE(std::equal(
          got.begin(), got.begin() + static_cast<long>(left),
          bytes_.end() - static_cast<long>(left)));
    }
  }
}

TEST_F(SegmentedBytes, TruncatedEndEarlyAndReexpandedGoOn) {
  for (std::uint64_t cut = 0; cut <= 12; ++cut) {
    IovIter it = iter();
    it.truncate(cut);
    EXPECT_EQ(it.left(), cut);
    EXPECT_EQ(it.fault_in(12), 12 - cut) << "what is cut off counts as not readable";
    std::array<std::byte, 12> got{};
    EXPECT_EQ(it.copy_from(got.data(), cut), cut);
    EXPECT_EQ(it.left(), 0u);
    EXPECT_EQ(it.place(), cut);
    it.reexpand(12 - cut);
    EXPECT_EQ(it.copy_from(got.data() + cut, 12 - cut), 12 - cut);
    EXPECT_EQ(got, bytes_);
  }
}

TEST_F(SegmentedBytes, TruncationNeverLengthens) {
  IovIter it = iter();
  consume(it, 5);
  it.truncate(100);
  EXPECT_EQ(it.left(), 7u);
  it.truncate(2);
  it.revert(5);
  EXPECT_EQ(it.left(), 7u);
  it.reexpand(12);
  EXPECT_EQ(it.fault_in(12), 0u);
}

TEST_F(SegmentedBytes, TakeStoredBytesInOrder) {
  std::array<std::byte, 12> source;
  source.fill(std::byte{0x55});
  IovIter it = iter();
  consume(it, 2);
  EXPECT_EQ(it.copy_to(source.data(), 7), 7u);
  EXPECT_EQ(std::ranges::count(bytes_, std::byte{0x55}), 7);
  EXPECT_EQ(bytes_[1], std::byte{1});
  EXPECT_EQ(bytes_[9], std::byte{9});
}

TEST(IovIter, StopsAtTheFirstUnreadableByteOfAnySegment) {
  EdgeBuffer good(10), bad(6);
  IovIter it({{good.data(), 10}, {nullptr, 0}, {bad.data(), 7}, {good.data(), 10}});
  std::array<std::byte, 27> got{};
  EXPECT_EQ(it.fault_in(27), 11u);
  EXPECT_EQ(it.fault_in(16), 0u);
  EXPECT_EQ(it.fault_in(30), 14u);
  EXPECT_EQ(it.copy_from(got.data(), 27), 16u);
  EXPECT_EQ(it.place(), 16u);
  EXPECT_EQ(it.fault_in(5), 5u);
  it.revert(7);
  EXPECT_EQ(it.place(), 9u);
  EXPECT_EQ(it.fault_in(7), 0u);
}

TEST(IovIter, CountsBytesPastItsEndAsUnreadable) {
  std::byte one{};
  EXPECT_EQ(IovIter({{&one, 1}}).fault_in(3), 2u);
  EXPECT_EQ(IovIter({}).left(), 0u);
}

TEST(IovIterDeathTest, RefusesToPassItsStart) {
  std::byte one{};
  EXPECT_DEATH(IovIter({{&one, 1}}).revert(1), "past its start");
}

TEST(ImportIovec, ClampsTheTotalByShorteningSegments) {
  const std::uint64_t gib = 1 << 30;
  // Low addresses: behind a byte of the stack a program's addresses may end within 1 GiB.
  const std::array<iovec, 4> segments{
      iovec{nullptr, gib}, iovec{nullptr, gib}, iovec{nullptr, gib}, iovec{nullptr, 5}};
  const auto imported = ref::import_iovec(segments.data(), 4);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->at(0).iov_len, gib);
  EXPECT_EQ(imported->at(1).iov_len, gib - 4096);
  EXPECT_EQ(imported->at(2).iov_len, 0u);
  EXPECT_EQ(imported->at(3).iov_len, 0u);
  EXPECT_EQ(ref::total_length(*imported), spec::kReadWriteMax);
}

TEST(ImportIovec, ChecksCountArrayAndLengthsInThisOrder) {
  std::byte byte{};
  const std::uint64_t too_long = std::uint64_t{1} << 63;
  const iovec segment{&byte, too_long};
  EdgeBuffer edge(sizeof(iovec));
  std::memcpy(edge.data(), &segment, sizeof(iovec));
  const auto* at_edge = reinterpret_cast<const iovec*>(edge.data());
  EXPECT_EQ(ref::import_iovec(nullptr, -1).error(), -EINVAL);
  EXPECT_EQ(ref::import_iovec(nullptr, 1025).error(), -EINVAL);
  EXPECT_EQ(ref::import_iovec(nullptr, 1).error(), -EFAULT);
  EXPECT_EQ(ref::import_iovec(at_edge, 2).error(), -EFAULT);
  EXPECT_EQ(ref::import_iovec(at_edge, 1).error(), -EINVAL);
  EXPECT_TRUE(ref::import_iovec(nullptr, 0)->empty());
}

TEST(ImportIovec, RefusesAddressesOfTheKernelWhereverTheyAre) {
  std::byte byte{};
  void* const of_kernel = reinterpret_cast<void*>(~std::uintptr_t{0} << 47);
  for (const iovec& bad : {iovec{of_kernel, 1}, iovec{&byte, std::uint64_t{1} << 62}}) {
    const std::array<iovec, 2> first{bad, {&byte, 1}}, last{iovec{&byte, 1}, bad};
    EXPECT_EQ(ref::import_iovec(first.data(), 2).error(), -EFAULT);
    EXPECT_EQ(ref::import_iovec(last.data(), 2).error(), -EFAULT);
  }
  // A single segment is shortened before it is looked at.
  const iovec long_one{nullptr, std::uint64_t{1} << 62};
  EXPECT_TRUE(ref::import_iovec(&long_one, 1));
}

}  // namespace
}  // namespace quire::tests
