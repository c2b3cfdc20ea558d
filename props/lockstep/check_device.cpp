// A subject's bytes on its device.
#include "props/differential/compared_ranges.h"
#include "props/differential/transfers.h"
#include "props/lockstep/subject_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

namespace quire::props {
namespace {

constexpr auto kOnDevice =
    "After fsync each byte lies flushed on the device, and zeroes behind the end.";

/// ranges_to_compare() in blocks of `block_size` bytes, disjoint.
std::vector<Range> blocks_to_compare(const FileModel& model, std::uint64_t block_size) {
  std::vector<Range> blocks = ranges_to_compare(model);
  std::uint64_t done = 0;  // two ranges may touch one block
  for (Range& range : blocks) {
    range.start = std::max(range.start / block_size, done);
    done = range.end = std::max((range.end + block_size - 1) / block_size, range.start);
  }
  return blocks;
}

}  // namespace

void SubjectRun::check_device(Number number) {
  const BlockLosses& of = losses(number);
  std::optional<FileModel> view;
  if (!of.lost().empty() || stays_dirty_) view = device_view(number);
  const FileModel& model = view ? *view : file(number);
  for (const Range& blocks : blocks_to_compare(model, setting_.block_size)) {
    check_device(number, model, blocks);
    if (failure_) return;
  }
}

void SubjectRun::check_mapped() {
  Number mapped = 0;
  for (const auto& [number, model] : files_) {
    for (const Range& blocks : blocks_to_compare(model, setting_.block_size)) {
      for (Number b = blocks.start; b < blocks.end; ++b)
        mapped += subject_->device_block_of(number, b) ? 1 : 0;
    }
  }
  const Number blocks = setting_.first_block + setting_.blocks;
  expect(
      "Each block in use is mapped where its file was written.", "DA-1, ACC-1",
      static_cast<std::int64_t>(mapped),
      static_cast<std::int64_t>(blocks - subject_->free_blocks()));
}

void SubjectRun::read_synced(
    Number number, Number block, Number device_pos, std::span<std::byte> run) {
  const int error =
      flushed_ ? subject_->read_medium(device_pos, run) : subject_->read_device(device_pos, run);
  if (error != 0)
    throw std::runtime_error(fmt::format("the device cannot be read: {}", std::strerror(-error)));
  // Whether a power cut would leave what a failed write has torn is left open.
  const Number bs = setting_.block_size;
  const BlockRanges& torn = losses(number).stale();
  for (Number b = 0; flushed_ && !torn.empty() && b < run.size() / bs; ++b) {
    if (torn.contains(block + b))
      std::ranges::copy(on_device(device_pos / bs + b), run.begin() + b * bs);
  }
}

void SubjectRun::check_device(Number number, const FileModel& model, const Range& blocks) {
  const Number bs = setting_.block_size;
  // Where the last block was not written, its rest may still be what was there.
  const auto is_lost_tail = [&](Number at) {
    const BlockLosses& of = losses(number);
    const bool waits = stays_dirty_ && of.dirty().contains(at / bs);
    return model.size() <= at && (waits || of.stale().contains(at / bs));
  };
  const auto device_block = [&](Number b) { return subject_->device_block_of(number, b); };
  auto mapped = device_block(blocks.start);
  for (Number b = blocks.start; b < blocks.end && !failure_;) {
    Number end = b + 1;
    auto next = device_block(end);
    while (end < blocks.end && (mapped ? next == *mapped + (end - b) : !next))
      next = device_block(++end);
    const Number pos = b * bs;
    // Past its end the model is zero.
    if (!mapped) {
      if (const Number at = model.find_nonzero(pos, end * bs); at < end * bs)
        fail(wrong_byte(name(), at, model.at(at), std::byte{0}, kOnDevice));
    } else {
      const std::span<std::byte> run = scratch_.bytes((end - b) * bs);
      const Number at = *mapped * bs;
      read_synced(number, b, at, run);
      if (coverage_ != nullptr) coverage_->count_mapped(b, at);
      const Number k = model.equal_bytes(pos, run);
      if (k < run.size() && !is_lost_tail(pos + k))
        fail(wrong_byte(name(), pos + k, model.at(pos + k), run[k], kOnDevice));
    }
    b = end;
    mapped = next;
  }
}

}  // namespace quire::props
