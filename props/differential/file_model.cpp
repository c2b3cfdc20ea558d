#include "props/differential/file_model.h"

#include <fcntl.h>

#include <algorithm>

namespace quire::props {

void FileModel::write(std::uint64_t pos, std::span<const std::byte> from) {
  if (from.empty()) return;
  if (bytes.size() < pos + from.size()) bytes.resize(pos + from.size());
  std::ranges::copy(from, bytes.begin() + static_cast<std::ptrdiff_t>(pos));
}

void FileModel::fallocate(int mode, std::uint64_t at, std::uint64_t length) {
  const auto iterator = [&](std::uint64_t pos) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(std::min(pos, size()));
  };
  if (mode == FALLOC_FL_COLLAPSE_RANGE) {
    bytes.erase(iterator(at), iterator(at + length));
    return;
  }
  if (mode == FALLOC_FL_INSERT_RANGE) {
    bytes.insert(iterator(at), length, std::byte{0});
    return;
  }
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0) {
    std::fill(iterator(at), iterator(at + length), std::byte{0});
  }
  if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && size() < at + length) bytes.resize(at + length);
}

}  // namespace quire::props
