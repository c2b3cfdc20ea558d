// The bytes around a write, judged by the contents clauses.
#pragma once

#include "props/differential/file_model.h"
#include "props/judge/failure.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace quire::props {

/// The neighbourhood of a write in a file, kept from before the write: some bytes on either side,
/// and the gap that the write leaves behind the old end, or its two ends if it is long.
class FileView {
 public:
  FileView(const FileModel& file, std::uint64_t pos, std::uint64_t accepted);

  std::uint64_t start() const { return start_; }  ///< byte of the file
  std::uint64_t end() const { return end_; }      ///< byte of the file
  std::uint64_t size() const { return size_; }    ///< of the file, then

  /// Byte p of the file, then; 0 past its end. start() <= p < end().
  friend std::uint64_t at(const FileView& view, std::uint64_t p) {
    const std::uint64_t k = p - view.start_;
    return k < view.bytes_.size() ? static_cast<std::uint64_t>(view.bytes_[k]) : 0;
  }

 private:
  std::uint64_t start_, end_, size_;
  std::vector<std::byte> bytes_;
};

/// Judges a write by the clauses of spec/write/file_write.h at each byte of `after`, which is the
/// file from byte `start` on as it reads now. model: the file after the write. The first clause
/// that does not hold, if any.
std::optional<Failure> judge_contents(
    const FileView& before, const FileModel& model, std::span<const std::byte> after,
    std::uint64_t start, std::uint64_t pos, std::uint64_t accepted, std::uint64_t seed,
    std::uint64_t size);

}  // namespace quire::props
