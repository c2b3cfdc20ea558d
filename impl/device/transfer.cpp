// Cutting runs into transfers, and keeping count of what is left of each.
#include "impl/device/transfer.h"

#include <limits.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace quire::impl {

int check_runs(std::span<const DeviceRun> runs, std::uint64_t size, std::uint32_t sector_size) {
  for (const DeviceRun& run : runs) {
    if (run.device_pos > size) return -EINVAL;
    std::uint64_t odd = run.device_pos;
    std::uint64_t room = size - run.device_pos;
    for (const iovec& segment : run.segments) {
      if (segment.iov_len == 0 || segment.iov_len > room) return -EINVAL;
      room -= segment.iov_len;
      odd |= segment.iov_len | reinterpret_cast<std::uintptr_t>(segment.iov_base);
    }
    if (odd % sector_size != 0) return -EINVAL;
  }
  return 0;
}

std::span<const iovec> Transfer::next() const {
  return rest_.iov_len > 0 ? std::span(&rest_, 1) : segments_;
}

void Transfer::advance(std::uint64_t bytes) {
  device_pos_ += bytes;
  if (rest_.iov_len == 0) {
    while (!segments_.empty() && bytes >= segments_.front().iov_len) {
      bytes -= segments_.front().iov_len;
      segments_ = segments_.subspan(1);
    }
    if (bytes == 0) return;
    rest_ = segments_.front();
  }
  rest_.iov_base = static_cast<std::byte*>(rest_.iov_base) + bytes;
  rest_.iov_len -= bytes;
  if (rest_.iov_len == 0) segments_ = segments_.subspan(1);
}

int take_answer(Transfer& transfer, std::int64_t answer, std::uint32_t sector_size) {
  if (answer == -EINTR || answer == -EAGAIN) return 0;
  if (answer < 0) return static_cast<int>(answer);
  // Whole sectors only, so that what is left stays aligned.
  const std::uint64_t moved = static_cast<std::uint64_t>(answer) & ~std::uint64_t{sector_size - 1};
  if (moved == 0) return -EIO;
  transfer.advance(moved);
  return 0;
}

TransferQueue::TransferQueue(std::span<const DeviceRun> runs) : runs_(runs) { skip_empty_runs(); }

Transfer TransferQueue::pop() {
  const DeviceRun& run = runs_[run_];
  const std::size_t count = std::min<std::size_t>(run.segments.size() - segment_, IOV_MAX);
  const Transfer piece(run.device_pos + moved_, run.segments.subspan(segment_, count));
  segment_ += count;
  if (segment_ < run.segments.size()) {
    for (const iovec& segment : piece.next()) moved_ += segment.iov_len;
  } else {
    ++run_;
    segment_ = 0;
    moved_ = 0;
    skip_empty_runs();
  }
  return piece;
}

void TransferQueue::skip_empty_runs() {
  while (run_ < runs_.size() && runs_[run_].segments.empty()) ++run_;
}

}  // namespace quire::impl
