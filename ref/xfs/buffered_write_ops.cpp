#include "ref/xfs/buffered_write_ops.h"

#include "ref/iomap/delalloc_release.h"
#include "ref/xfs/begin.h"
#include "ref/xfs/bmap.h"

namespace quire::ref::xfs {

int BufferedWriteOps::begin(
    std::uint64_t pos, std::uint64_t length, const iomap::Request& request, iomap::Mapping& mapping,
    iomap::Mapping& source) {
  return Begin(inode_, pos, length, request).run(mapping, source);
}

int BufferedWriteOps::end(
    std::uint64_t pos, std::uint64_t length, std::uint64_t written, const iomap::Request& request,
    const iomap::Mapping& mapping) {
  // Only what this begin reserved may be given back (DA-2), and a fault uses what it maps.
  if (mapping.kind != iomap::Kind::delalloc || !mapping.is_new || request.fault) return 0;
  const Mount& mount = inode_.mount;
  const std::uint64_t used_end =
      mount.bytes(written == 0 ? mount.block_of(pos) : mount.block_from(pos + written));
  const std::uint64_t reserved_end = mount.bytes(mount.block_from(pos + length));
  if (reserved_end <= used_end) return 0;
  const Fork fork = mapping.is_shared ? Fork::cow : Fork::data;  // DA-4
  iomap::write_delalloc_release(
      inode_, used_end, reserved_end, request, [&](std::uint64_t from, std::uint64_t count) {
        punch_delayed(inode_, fork, from, from + count);
      });
  return 0;
}

bool BufferedWriteOps::valid(const iomap::Mapping& mapping) {
  return mapping.cookie == inode_.cookie(mapping.is_shared);
}

}  // namespace quire::ref::xfs
