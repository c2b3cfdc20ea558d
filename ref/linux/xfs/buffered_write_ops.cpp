#include "ref/linux/xfs/buffered_write_ops.h"

#include "ref/linux/iomap/delalloc_release.h"
#include "ref/linux/xfs/begin.h"
#include "ref/linux/xfs/bmap.h"

namespace quire::ref::xfs {

int BufferedWriteOps::begin(
    std::uint64_t pos, std::uint64_t length, const iomap::Request& request, iomap::Mapping& mapping,
    iomap::Mapping& source) {
  return Begin(inode_, pos, length, request).run(mapping, source);
}

int BufferedWriteOps::end(
    std::uint64_t pos, std::uint64_t length, std::uint64_t written, const iomap::Request& request,
    const iomap::Mapping& mapping) {
  const Fork fork = mapping.is_shared ? Fork::cow : Fork::data;  // DA-4
  iomap::release_unused(
      inode_, pos, length, written, request, mapping, [&](std::uint64_t from, std::uint64_t count) {
        punch_delayed(inode_, fork, from, from + count);
      });
  return 0;
}

bool BufferedWriteOps::valid(const iomap::Mapping& mapping) {
  return mapping.cookie == inode_.cookie(mapping.is_shared);
}

}  // namespace quire::ref::xfs
