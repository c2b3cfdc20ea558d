// Cutting runs into transfers, and what an answer of the kernel leaves of one.
#include "impl/device/transfer.h"

#include <gtest/gtest.h>
#include <limits.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace quire::tests {
namespace {

using impl::take_answer;
using impl::Transfer;
using impl::TransferQueue;

alignas(4096) std::byte memory[16384];

/// Segments of 1024, 2048 and 512 bytes.
const std::vector<iovec> kSegments = {{memory, 1024}, {memory + 4096, 2048}, {memory + 8192, 512}};

TEST(TakeAnswer, EndsSegmentsThatAreMoved) {
  Transfer transfer(8192, kSegments);
  ASSERT_EQ(take_answer(transfer, 3072, 512), 0);
  EXPECT_EQ(transfer.device_pos(), 8192u + 3072);
  ASSERT_EQ(transfer.next().size(), 1u);
  EXPECT_EQ(transfer.next()[0].iov_base, memory + 8192);
  ASSERT_EQ(take_answer(transfer, 512, 512), 0);
  EXPECT_TRUE(transfer.next().empty());
}

TEST(TakeAnswer, GoesOnInsideASegment) {
  Transfer transfer(0, kSegments);
  ASSERT_EQ(take_answer(transfer, 1536, 512), 0);
  ASSERT_EQ(transfer.next().size(), 1u);
  EXPECT_EQ(transfer.next()[0].iov_base, memory + 4096 + 512);
  EXPECT_EQ(transfer.next()[0].iov_len, 1536u);
  ASSERT_EQ(take_answer(transfer, 512, 512), 0);
  EXPECT_EQ(transfer.next()[0].iov_base, memory + 4096 + 1024);
  ASSERT_EQ(take_answer(transfer, 1024, 512), 0);
  ASSERT_EQ(transfer.next().size(), 1u);
  EXPECT_EQ(transfer.next()[0].iov_base, memory + 8192);
  EXPECT_EQ(transfer.device_pos(), 3072u);
}

TEST(TakeAnswer, CountsWholeSectors) {
  Transfer transfer(0, kSegments);
  ASSERT_EQ(take_answer(transfer, 1023, 512), 0);
  EXPECT_EQ(transfer.device_pos(), 512u);
  EXPECT_EQ(take_answer(transfer, 511, 512), -EIO);
  EXPECT_EQ(take_answer(transfer, 0, 512), -EIO);
}

TEST(TakeAnswer, TriesAgainWhereNothingWentWrong) {
  Transfer transfer(0, kSegments);
  EXPECT_EQ(take_answer(transfer, -EINTR, 512), 0);
  EXPECT_EQ(take_answer(transfer, -EAGAIN, 512), 0);
  EXPECT_EQ(transfer.device_pos(), 0u);
  EXPECT_EQ(transfer.next().size(), 3u);
  EXPECT_EQ(take_answer(transfer, -ENOSPC, 512), -ENOSPC);
}

TEST(TransferQueue, CutsRunsByTheirSegments) {
  const std::vector<iovec> many(2 * IOV_MAX + 1, iovec{memory, 512});
  const DeviceRun runs[] = {{0, {}}, {4096, many}, {0, {}}, {512, kSegments}, {0, {}}};
  struct Piece {
    std::uint64_t pos;
    std::size_t segments;
  };
  TransferQueue queue(runs);
  for (const Piece& piece :
       {Piece{4096, IOV_MAX}, Piece{4096 + 512 * IOV_MAX, IOV_MAX}, Piece{4096 + 1024 * IOV_MAX, 1},
        Piece{512, 3}}) {
    ASSERT_FALSE(queue.empty());
    const Transfer transfer = queue.pop();
    EXPECT_EQ(transfer.device_pos(), piece.pos);
    EXPECT_EQ(transfer.next().size(), piece.segments);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(TransferQueue({}).empty());
}

}  // namespace
}  // namespace quire::tests
