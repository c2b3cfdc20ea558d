// Runs cut into transfers, and the rest of one after an answer of the kernel.
#include "impl/device/transfer.h"

#include <gtest/gtest.h>
#include <limits.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace quire::tests {
namespace {

using impl::Outcome;
using impl::take_answer;
using impl::Transfer;
using impl::TransferQueue;

alignas(4096) std::byte memory[16384];

/// Segments of 1024, 2048 and 512 bytes.
const std::vector<iovec> kSegments = {{memory, 1024}, {memory + 4096, 2048}, {memory + 8192, 512}};

TEST(TakeAnswer, EndsSegmentsThatAreMoved) {
  Transfer transfer(0, 8192, kSegments);
  ASSERT_EQ(take_answer(transfer, 3072, 512), 0);
  EXPECT_EQ(transfer.device_pos(), 8192u + 3072);
  ASSERT_EQ(transfer.next().size(), 1u);
  EXPECT_EQ(transfer.next()[0].iov_base, memory + 8192);
  ASSERT_EQ(take_answer(transfer, 512, 512), 0);
  EXPECT_TRUE(transfer.next().empty());
}

TEST(TakeAnswer, ContinuesInsideASegment) {
  Transfer transfer(0, 0, kSegments);
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
  Transfer transfer(0, 0, kSegments);
  ASSERT_EQ(take_answer(transfer, 1023, 512), 0);
  EXPECT_EQ(transfer.device_pos(), 512u);
  EXPECT_EQ(take_answer(transfer, 511, 512), -EIO);
  EXPECT_EQ(take_answer(transfer, 0, 512), -EIO);
}

TEST(TakeAnswer, TriesAgainAfterAnInterruption) {
  Transfer transfer(0, 0, kSegments);
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
    std::size_t run;
    std::uint64_t pos;
    std::size_t segments;
  };
  const Outcome outcome;
  TransferQueue queue(runs, outcome);
  for (const Piece& piece :
       {Piece{1, 4096, IOV_MAX}, Piece{1, 4096 + 512 * IOV_MAX, IOV_MAX},
        Piece{1, 4096 + 1024 * IOV_MAX, 1}, Piece{3, 512, 3}}) {
    const auto transfer = queue.pop();
    ASSERT_TRUE(transfer);
    EXPECT_EQ(transfer->run(), piece.run);
    EXPECT_EQ(transfer->device_pos(), piece.pos);
    EXPECT_EQ(transfer->next().size(), piece.segments);
  }
  EXPECT_FALSE(queue.pop());
  EXPECT_FALSE(TransferQueue({}, outcome).pop());
}

TEST(TransferQueue, SkipsTheRestOfARunThatHasFailed) {
  const std::vector<iovec> many(2 * IOV_MAX + 1, iovec{memory, 512});
  const DeviceRun runs[] = {{0, many}, {512, kSegments}, {4096, kSegments}};
  std::vector<int> results(3, 7);
  Outcome outcome(results);
  TransferQueue queue(runs, outcome);
  EXPECT_EQ(queue.pop()->run(), 0u);
  outcome.fail(0, -EIO);
  outcome.fail(0, -ENOSPC);
  EXPECT_EQ(queue.pop()->run(), 1u);
  outcome.fail(2, -EINVAL);
  EXPECT_FALSE(queue.pop());
  EXPECT_EQ(results, (std::vector<int>{-EIO, 0, -EINVAL}));
}

TEST(TransferQueue, OfAReadEndsAtItsFirstError) {
  const DeviceRun runs[] = {{0, kSegments}, {4096, kSegments}, {8192, kSegments}};
  Outcome outcome;
  TransferQueue queue(runs, outcome);
  EXPECT_EQ(queue.pop()->run(), 0u);
  outcome.fail(0, -EIO);
  EXPECT_FALSE(queue.pop());
  EXPECT_EQ(outcome.first_error(), -EIO);
}

}  // namespace
}  // namespace quire::tests
