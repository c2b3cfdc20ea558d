// Cuts runs into transfers, and keeps count of the rest of each.
#include "impl/device/transfer.h"

#include <limits.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace quire::impl {

int check_run(const DeviceRun& run, std::uint64_t size, std::uint32_t sector_size) {
  if (run.device_pos > size) return -EINVAL;
  std::uint64_t odd = run.device_pos;
  std::uint64_t room = size - run.device_pos;
  for (const iovec& segment : run.segments) {
    if (segment.iov_len == 0 || segment.iov_len > room) return -EINVAL;
    room -= segment.iov_len;
    odd |= segment.iov_len | reinterpret_cast<std::uintptr_t>(segment.iov_base);
  }
  return odd % sector_size == 0 ? 0 : -EINVAL;
}

Outcome::Outcome(std::span<int> results) : results_(results) { std::ranges::fill(results, 0); }

void Outcome::fail(std::size_t run, int error) {
  if (first_error_ == 0) first_error_ = error;
  if (!results_.empty() && results_[run] == 0) results_[run] = error;
}

void Outcome::fail_all(int error) {
  for (std::size_t run = 0; run < results_.size(); ++run) fail(run, error);
}

void check_runs(
    std::span<const DeviceRun> runs, std::uint64_t size, std::uint32_t sector_size,
    Outcome& outcome) {
  for (std::size_t run = 0; run < runs.size(); ++run) {
    if (const int error = check_run(runs[run], size, sector_size); error != 0) {
      outcome.fail(run, error);
    }
  }
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
  // Whole sectors only, so that the rest stays aligned.
  const std::uint64_t moved = static_cast<std::uint64_t>(answer) & ~std::uint64_t{sector_size - 1};
  if (moved == 0) return -EIO;
  transfer.advance(moved);
  return 0;
}

std::optional<Transfer> TransferQueue::pop() {
  while (run_ < runs_.size()) {
    const DeviceRun& run = runs_[run_];
    const std::size_t count = std::min<std::size_t>(run.segments.size() - segment_, IOV_MAX);
    if (count > 0 && !outcome_.is_over(run_)) {
      const Transfer piece(run_, run.device_pos + moved_, run.segments.subspan(segment_, count));
      for (const iovec& segment : piece.next()) moved_ += segment.iov_len;
      segment_ += count;
      return piece;
    }
    ++run_;
    segment_ = 0;
    moved_ = 0;
  }
  return std::nullopt;
}

}  // namespace quire::impl
