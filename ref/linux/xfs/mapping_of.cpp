#include "ref/linux/xfs/mapping_of.h"

#include "ref/require.h"

#include <algorithm>

namespace quire::ref::xfs {

iomap::Mapping mapping_of(const Inode& inode, const Extent& extent, bool is_shared) {
  const Mount& mount = inode.mount;
  iomap::Mapping mapping;
  mapping.pos = mount.bytes(extent.start);
  mapping.length = mount.bytes(extent.count);
  mapping.is_shared = is_shared;
  mapping.cookie = inode.cookie(is_shared);
  if (extent.is_delayed()) {
    mapping.kind = iomap::Kind::delalloc;
    return mapping;
  }
  mapping.kind =
      extent.state == ExtentState::written ? iomap::Kind::mapped : iomap::Kind::unwritten;
  mapping.device_pos = mount.bytes(extent.device_block);
  return mapping;
}

iomap::Mapping hole_of(const Inode& inode, std::uint64_t start, std::uint64_t end) {
  iomap::Mapping mapping;
  mapping.pos = inode.mount.bytes(start);
  mapping.length = inode.mount.bytes(end - start);
  mapping.cookie = inode.cookie(false);
  return mapping;
}

Extent trimmed(const Extent& extent, std::uint64_t start, std::uint64_t end) {
  Extent part = extent;
  part.start = std::max(extent.start, start);
  require(part.start < std::min(end, extent.end()), "an extent is trimmed to nothing");
  part.count = std::min(end, extent.end()) - part.start;
  if (part.is_real()) part.device_block += part.start - extent.start;
  return part;
}

}  // namespace quire::ref::xfs
