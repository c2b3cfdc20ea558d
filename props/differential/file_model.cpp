#include "props/differential/file_model.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace quire::props {

using Number = std::uint64_t;

void FileModel::resize(Number size) {
  // Up to the end of the last page, which is then not kept.
  if (size < size_) bytes_.erase(size, size_ + SparseBytes::kPageBytes);
  size_ = size;
}

void FileModel::write(Number pos, std::span<const std::byte> from) {
  if (from.empty()) return;
  bytes_.write(pos, from);
  size_ = std::max(size_, pos + from.size());
}

void FileModel::copy_from(Number pos, const FileModel& source, Number from, Number n) {
  if (n == 0) return;
  std::vector<std::pair<Number, std::vector<std::byte>>> copies;  // the two may be one file
  for (const Range& run : source.written()) {
    const Number start = std::max(run.start, from);
    const Number end = std::min(run.end, from + n);
    if (start < end) copies.emplace_back(pos + (start - from), source.bytes(start, end - start));
  }
  bytes_.erase(pos, pos + n);
  size_ = std::max(size_, pos + n);
  for (const auto& [at, bytes] : copies) write(at, bytes);
}

void FileModel::move_tail(Number start, Number to) {
  start = std::min(start, size_);
  const FileModel whole = *this;
  resize(std::min(start, to));
  copy_from(to, whole, start, whole.size() - start);
  size_ = to + (whole.size() - start);
}

void FileModel::fallocate(int mode, Number at, Number length) {
  if (mode == FALLOC_FL_COLLAPSE_RANGE) {
    if (at < size_) move_tail(at + length, at);
    return;
  }
  if (mode == FALLOC_FL_INSERT_RANGE) {
    at = std::min(at, size_);
    move_tail(at, at + length);
    return;
  }
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0) bytes_.erase(at, at + length);
  if ((mode & FALLOC_FL_KEEP_SIZE) == 0) size_ = std::max(size_, at + length);
}

std::vector<std::byte> FileModel::bytes(Number pos, Number n) const {
  std::vector<std::byte> copy(n);
  read(pos, copy);
  return copy;
}

std::vector<Range> FileModel::written() const {
  std::vector<Range> runs = bytes_.pages();
  // Pages begin below the size.
  if (!runs.empty()) runs.back().end = std::min(runs.back().end, size_);
  return runs;
}

}  // namespace quire::props
