#include "ref/linux/xfs/read_ops.h"

#include "ref/linux/xfs/mapping_of.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::xfs {
namespace {

/// Why a file cannot be read without waiting, or at all: 0 or a negative errno.
int check(Inode& inode, const iomap::Request& request) {
  if (inode.mount.is_shut_down) return -EIO;
  if (request.nowait && !inode.can_look_up_at_once()) return -EAGAIN;
  inode.extents_are_read = true;
  return 0;
}

}  // namespace

int ReadOps::begin(
    std::uint64_t pos, std::uint64_t length, const iomap::Request& request, iomap::Mapping& mapping,
    iomap::Mapping& source) {
  source = iomap::Mapping{};
  if (const int error = check(inode_, request); error != 0) return error;
  const Mount& mount = inode_.mount;
  const std::uint64_t start = mount.block_of(pos);
  const std::uint64_t end = mount.block_from(std::min(pos + length, spec::kFileSizeMax));
  const Ilock lock(inode_.recorder, inode_.number, request.nowait);
  const Extent* const found = inode_.data.at_or_after(start);
  if (found != nullptr && found->covers(start)) {
    mapping = mapping_of(inode_, trimmed(*found, start, end));
  } else {
    mapping = hole_of(inode_, start, found == nullptr ? end : std::min(end, found->start));
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

int SeekOps::begin(
    std::uint64_t pos, std::uint64_t length, const iomap::Request& request, iomap::Mapping& mapping,
    iomap::Mapping& source) {
  source = iomap::Mapping{};
  if (const int error = check(inode_, request); error != 0) return error;
  const Mount& mount = inode_.mount;
  const std::uint64_t start = mount.block_of(pos);
  std::uint64_t end = mount.block_from(std::min(pos + length, spec::kFileSizeMax));
  const Ilock lock(inode_.recorder, inode_.number, request.nowait);
  const Extent* const data = inode_.data.at_or_after(start);
  if (data != nullptr && data->covers(start)) {
    mapping = mapping_of(inode_, trimmed(*data, start, end));
    return 0;
  }
  if (data != nullptr) end = std::min(end, data->start);
  const Extent* const copy = inode_.cow.at_or_after(start);
  if (copy != nullptr && copy->covers(start)) {
    mapping = mapping_of(inode_, trimmed(*copy, start, end), true);
    // Its blocks are nobody's data yet: what is in them is for the page cache to say.
    mapping.kind = iomap::Kind::unwritten;
    return 0;
  }
  if (copy != nullptr) end = std::min(end, copy->start);
  mapping = hole_of(inode_, start, end);
  return 0;
}

int SeekOps::end(
    std::uint64_t, std::uint64_t, std::uint64_t, const iomap::Request&, const iomap::Mapping&) {
  return 0;
}

bool SeekOps::valid(const iomap::Mapping& mapping) {
  return mapping.cookie == inode_.cookie(mapping.is_shared);
}

}  // namespace quire::ref::xfs
