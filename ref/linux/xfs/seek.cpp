// Where a file has data, and where it has none.
#include "ref/linux/xfs/seek.h"

#include "ref/linux/xfs/read_ops.h"
#include "ref/noted_lock.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::xfs {
namespace {

using Number = std::uint64_t;

/// Whether the block at `pos` is cached: then it was read or written.
bool is_cached(Inode& inode, Number pos) {
  const Folio* const folio = inode.pages.find(pos);
  if (folio == nullptr) return false;
  return folio->blocks.at((pos - folio->pos()) / inode.block_size).uptodate;
}

/// Whether the byte at `pos` is data; `end` becomes where the answer may change.
int is_data(Inode& inode, Number pos, Number& end, bool& answer) {
  SeekOps ops(inode);
  iomap::Mapping mapping;
  iomap::Mapping source;
  const iomap::Request request;
  const int error = ops.begin(pos, inode.size - pos, request, mapping, source);
  if (error != 0) return error;
  end = mapping.end();
  answer = mapping.kind != iomap::Kind::hole;
  if (mapping.kind == iomap::Kind::unwritten) {
    answer = is_cached(inode, pos);
    end = std::min(end, spec::round_down(pos, inode.block_size) + inode.block_size);
  }
  return ops.end(pos, inode.size - pos, end - pos, request, mapping);
}

std::int64_t seek(Inode& inode, std::int64_t from, bool data) {
  const NotedLock<spec::Iolock> iolock(inode.recorder, inode.number);
  if (from < 0 || inode.size <= static_cast<Number>(from)) return -ENXIO;
  auto pos = static_cast<Number>(from);
  while (pos < inode.size) {
    Number end = 0;
    bool is = false;
    const int error = is_data(inode, pos, end, is);
    if (error != 0) return error;
    if (is == data) return static_cast<std::int64_t>(pos);
    pos = end;
  }
  return data ? -ENXIO : static_cast<std::int64_t>(inode.size);
}

}  // namespace

std::int64_t seek_data(Inode& inode, std::int64_t pos) { return seek(inode, pos, true); }
std::int64_t seek_hole(Inode& inode, std::int64_t pos) { return seek(inode, pos, false); }

}  // namespace quire::ref::xfs
