// Where a file has data, and where holes.
#include "ref/seek.h"

#include "ref/range.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref {
namespace {

/// The first byte at or past `pos` whose block is data, or is not; the size if there is none.
std::uint64_t first_byte(Inode& inode, std::uint64_t pos, bool data) {
  const std::uint64_t block_size = inode.volume.block_size;
  std::uint64_t block = pos / block_size;
  while (block * block_size < inode.size && is_data(inode, block) != data) ++block;
  return std::min(std::max(pos, block * block_size), inode.size);
}

}  // namespace

std::int64_t seek_data(Inode& inode, std::uint64_t pos) {
  if (inode.size <= pos) return -ENXIO;
  const std::uint64_t found = first_byte(inode, pos, true);
  return found == inode.size ? -ENXIO : static_cast<std::int64_t>(found);
}

std::int64_t seek_hole(Inode& inode, std::uint64_t pos) {
  if (inode.size <= pos) return -ENXIO;
  return static_cast<std::int64_t>(first_byte(inode, pos, false));
}

}  // namespace quire::ref
