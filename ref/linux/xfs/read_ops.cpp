#include "ref/linux/xfs/read_ops.h"

#include "ref/linux/xfs/mapping_of.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::xfs {

int ReadOps::begin(
    std::uint64_t pos, std::uint64_t length, const iomap::Request& request, iomap::Mapping& mapping,
    iomap::Mapping& source) {
  source = iomap::Mapping{};
  if (inode_.mount.is_shut_down) return -EIO;
  if (request.nowait && !inode_.can_look_up_at_once()) return -EAGAIN;
  inode_.extents_are_read = true;
  const Mount& mount = inode_.mount;
  const std::uint64_t start = mount.block_of(pos);
  const std::uint64_t end = mount.block_from(std::min(pos + length, spec::kFileSizeMax));
  const Ilock lock(inode_.recorder, inode_.number, request.nowait);
  const Extent* const found = inode_.data.at_or_after(start);
  if (found != nullptr && found->covers(start)) {
    mapping = mapping_of(inode_, trimmed(*found, start, end));
  } else {
    mapping = map_hole(start, found == nullptr ? end : std::min(end, found->start));
  }
  return 0;
}

int ReadOps::end(
    std::uint64_t, std::uint64_t, std::uint64_t, const iomap::Request&, const iomap::Mapping&) {
  return 0;
}

bool ReadOps::valid(const iomap::Mapping& mapping) {
  return mapping.cookie == inode_.cookie(mapping.is_shared);
}

iomap::Mapping ReadOps::map_hole(std::uint64_t start, std::uint64_t end) const {
  return hole_of(inode_, start, end);
}

iomap::Mapping SeekOps::map_hole(std::uint64_t start, std::uint64_t end) const {
  const Extent* const copy = inode_.cow.at_or_after(start);
  if (copy == nullptr) return hole_of(inode_, start, end);
  if (!copy->covers(start)) return hole_of(inode_, start, std::min(end, copy->start));
  iomap::Mapping mapping = mapping_of(inode_, trimmed(*copy, start, end), true);
  // Its blocks are no file's data yet: the page cache knows the bytes.
  mapping.kind = iomap::Kind::unwritten;
  return mapping;
}

}  // namespace quire::ref::xfs
