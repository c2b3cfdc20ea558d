// lseek(2) on a file of which only the data is known.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace quire::ref::vfs {

/// The file of a seek. `next_data(block)` answers the first block of data at or past `block`,
/// whether or not it lies below the size: std::optional<std::uint64_t>.
template <class NextData>
struct SeekIn {
  std::uint64_t size;        ///< bytes
  std::uint64_t block_size;  ///< bytes; the unit of data and holes
  NextData next_data;
};

/// The first byte at or past `pos` that is data. Returns it, or -ENXIO: `pos` lies at the size or
/// past it, or no data follows.
template <class NextData>
std::int64_t seek_data(const SeekIn<NextData>& file, std::uint64_t pos) {
  if (file.size <= pos) return -ENXIO;
  const std::optional<std::uint64_t> block = file.next_data(pos / file.block_size);
  if (!block) return -ENXIO;
  const std::uint64_t found = std::max(pos, *block * file.block_size);
  return file.size <= found ? -ENXIO : static_cast<std::int64_t>(found);
}

/// The first byte at or past `pos` that lies in a hole; one lies at the end of every file. Returns
/// it, or -ENXIO: `pos` lies at the size or past it.
template <class NextData>
std::int64_t seek_hole(const SeekIn<NextData>& file, std::uint64_t pos) {
  if (file.size <= pos) return -ENXIO;
  std::uint64_t block = pos / file.block_size;
  while (block * file.block_size < file.size && file.next_data(block) == block) ++block;
  return static_cast<std::int64_t>(std::min(std::max(pos, block * file.block_size), file.size));
}

/// Where SEEK_SET, SEEK_CUR or SEEK_END takes a handle at `position` of a file of `size` bytes.
/// Returns the new position, or -EINVAL: another whence, or it is negative or past 2^63 - 1.
inline std::int64_t seek_by(
    std::uint64_t size, std::int64_t position, std::int64_t offset, int whence) {
  std::int64_t base = 0;
  switch (whence) {
    case SEEK_SET: break;
    case SEEK_CUR: base = position; break;
    case SEEK_END: base = static_cast<std::int64_t>(size); break;
    default: return -EINVAL;
  }
  std::int64_t moved = 0;
  if (__builtin_add_overflow(base, offset, &moved)) return -EINVAL;
  return moved < 0 ? -EINVAL : moved;
}

/// Moves a handle at `position`. `whence` is SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA or SEEK_HOLE.
/// Returns the new position, or in this order (negative):
///   EINVAL  another whence, or a position that is negative or past 2^63 - 1
///   ENXIO   SEEK_DATA or SEEK_HOLE from below 0, or theirs
template <class NextData>
std::int64_t lseek(
    const SeekIn<NextData>& file, std::int64_t position, std::int64_t offset, int whence) {
  if (whence != SEEK_DATA && whence != SEEK_HOLE) {
    return seek_by(file.size, position, offset, whence);
  }
  if (offset < 0) return -ENXIO;
  const auto pos = static_cast<std::uint64_t>(offset);
  return whence == SEEK_DATA ? seek_data(file, pos) : seek_hole(file, pos);
}

}  // namespace quire::ref::vfs
